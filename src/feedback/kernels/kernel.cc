#include "feedback/kernels/kernel.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "feedback/kernels/cpu/cpu_kernel.h"
#include "feedback/kernels/reference/reference_kernel.h"

namespace reverie {

const std::vector<KernelKind>& kernels() {
  static const std::vector<KernelKind> list = {
      {"cpu", "vectors and threads, for live use", make_cpu_kernel},
      {"reference", "plain code that reads like the equations", make_reference_kernel},
  };
  return list;
}

const KernelKind& find_kernel(const std::string& name) {
  if (name == "auto") return kernels().front();
  std::vector<std::string> names = {"auto"};
  for (const KernelKind& k : kernels()) {
    if (k.name == name) return k;
    names.push_back(k.name);
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
