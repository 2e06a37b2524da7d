#include "feedback/kernels/kernel.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "feedback/kernels/cpu/cpu_kernel.h"
#include "feedback/kernels/reference/reference_kernel.h"
#include "feedback/kernels/vulkan/availability.h"
#include "feedback/kernels/vulkan/vulkan_kernel.h"

namespace reverie {

const std::vector<KernelKind>& kernels() {
  static const std::vector<KernelKind> list = {
      {"vulkan", "on a graphics card of any maker", make_vulkan_kernel, vulkan_availability},
      {"cpu", "vectors and threads, for live use", make_cpu_kernel},
      {"reference", "plain code that reads like the equations", make_reference_kernel},
  };
  return list;
}

const Availability& availability(const KernelKind& kernel) {
  static const Availability always;
  return kernel.availability ? kernel.availability() : always;
}

const KernelKind& find_kernel(const std::string& name) {
  std::vector<std::string> names = {"auto"};
  for (const KernelKind& k : kernels()) {
    names.push_back(k.name);
    if (name != "auto" && name != k.name) continue;
    const Availability& here = availability(k);
    if (here.why_not.empty() && (name == k.name || here.automatic)) return k;
    if (name == k.name) throw Error("use", "kernel " + name, here.why_not, "choose --kernel auto");
  }
  throw Error(fmt::format("there is no kernel '{}'{} (there are: {})", name, did_you_mean(name, names),
                          join(names, ", ")));
}

LevelSizes level_sizes(const Hourglass& hourglass, int height, int width) {
  const int top = hourglass.shrink(hourglass.levels());
  const auto up = [top](int n) { return (n + top - 1) / top * top; };
  LevelSizes sizes;
  for (int l = 0; l <= hourglass.levels(); ++l) {
    const int shrink = hourglass.shrink(l);
    sizes.shrink.push_back(shrink);
    sizes.height.push_back(up(height) / shrink);
    sizes.width.push_back(up(width) / shrink);
  }
  return sizes;
}

}  // namespace reverie
