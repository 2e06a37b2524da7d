#include "train/task.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "train/classifier_task.h"
#include "train/gan_task.h"
#include "train/hourglass_task.h"
#include "train/rbm.h"
#include "train/video_task.h"

namespace reverie {

const std::vector<TaskKind>& task_kinds() {
  static const std::vector<TaskKind> list = {
      hourglass_task(), classifier_task(), pretrained_vae_task(), gan_task(), lapgan_task(), video_task(),
  };
  return list;
}

const TaskKind& task_kind(const std::string& family) {
  const auto& all = task_kinds();
  const auto it = std::find_if(all.begin(), all.end(), [&](const TaskKind& k) { return k.family == family; });
  if (it == all.end()) throw Error("train", fmt::format("the family {}", family), "it has no task");
  return *it;
}

std::vector<Figure> figures_of(const Model& model, const RecordSet& set, Split split, size_t limit) {
  return task_kind(model.family()).evaluate(model, set, split, limit);
}

torch::Tensor normal_draws(const Sight& sight, uint64_t stream, std::vector<int64_t> shape) {
  const uint64_t place =
      Random(sight.seed).split(static_cast<uint64_t>(sight.iteration)).split(stream).bits();
  const int64_t mine = shape[0];
  shape[0] = sight.count;
  const torch::Tensor all = torch::randn(shape, at::detail::createCPUGenerator(place));
  return all.narrow(0, sight.first, mine).to(sight.pictures.device());
}

std::optional<NamedLoss> Task::mean_loss(const Sight&, const Stage&) {
  return {};
}

std::unique_ptr<Model> copy_of(const Model& model, const NetworkSettings& network, BuildOptions options) {
  options.device = torch::kCPU;
  std::unique_ptr<Model> copy = network.build(options);
  copy_values(model.parameters(), copy->parameters());
  return copy;
}

void Task::take(const Model& from, const std::string& name) {
  size_t taken = 0;
  for (const TaskNetwork& network : networks())
    taken += take_parameters(*network.parameters, from.parameters()).size();
  if (taken == 0)
    throw Error("start from", name, "none of its parameters has the name and shape of one of the recipe's");
}

}  // namespace reverie
