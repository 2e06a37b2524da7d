#include "train/checkpoint.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "core/error.h"
#include "models/model.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

constexpr const char* kFile = "checkpoint.safetensors";

template <class T>
T whole(const TensorFile& file, const std::string& key) {
  const auto it = file.metadata.find(key);
  T value = 0;
  if (it != file.metadata.end()) {
    const std::string& s = it->second;
    const auto [end, code] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (code == std::errc() && end == s.data() + s.size() && value >= 0) return value;
  }
  throw Error("resume from", file.name, fmt::format("it does not say its {}", key));
}

// "STAGE ITERATION WORSE LOSS"
std::string best_text(const BestTest& best) {
  return fmt::format("{} {} {} {}", best.stage, best.iteration, best.worse, best.loss);
}

std::optional<BestTest> read_best(const TensorFile& file) {
  const auto it = file.metadata.find("best");
  if (it == file.metadata.end()) return {};
  BestTest best;
  std::istringstream in(it->second);
  if (in >> best.stage >> best.iteration >> best.worse >> best.loss) return best;
  throw Error("resume from", file.name, "its best test is no such thing");
}

std::string network_key(const char* what, size_t i) {
  return i == 0 ? what : fmt::format("{}.{}", what, i);
}

}  // namespace

void write_checkpoint(const std::filesystem::path& run, const Checkpoint& checkpoint) {
  TensorFile file;
  // a task of one network, and one without buffers, has the names of version 0.1
  for (size_t i = 0; i < checkpoint.weights.size(); ++i) {
    file.tensors[network_key("weights", i)] = to_plain(checkpoint.weights[i]);
    if (checkpoint.buffers[i].numel() > 0)
      file.tensors[network_key("buffers", i)] = to_plain(checkpoint.buffers[i]);
  }
  for (size_t i = 0; i < checkpoint.solver.size(); ++i)
    file.tensors[fmt::format("solver.{}", i)] = to_plain(checkpoint.solver[i]);
  file.metadata = {{"seed", std::to_string(checkpoint.seed)},
                   {"stage", std::to_string(checkpoint.stage)},
                   {"iteration", std::to_string(checkpoint.iteration)},
                   {"in_stage", std::to_string(checkpoint.in_stage)},
                   {"recipe", checkpoint.recipe},
                   {"data", checkpoint.data}};
  if (checkpoint.best) file.metadata["best"] = best_text(*checkpoint.best);
  write_safetensors(run / kFile, file);
}

std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& run) {
  std::error_code code;
  if (!std::filesystem::exists(run / kFile, code)) return {};
  const TensorFile file = read_safetensors(run / kFile);
  Checkpoint c;
  c.seed = whole<uint64_t>(file, "seed");
  c.stage = whole<int64_t>(file, "stage");
  c.iteration = whole<int64_t>(file, "iteration");
  c.in_stage = whole<int64_t>(file, "in_stage");
  for (const auto& [key, text] : {std::pair("recipe", &c.recipe), std::pair("data", &c.data)}) {
    if (const auto it = file.metadata.find(key); it != file.metadata.end()) *text = it->second;
  }
  c.best = read_best(file);
  file.get("weights");
  for (size_t i = 0; file.has(network_key("weights", i)); ++i) {
    c.weights.push_back(torch::tensor(file.get(network_key("weights", i)).data));
    const std::string buffers = network_key("buffers", i);
    c.buffers.push_back(file.has(buffers) ? torch::tensor(file.get(buffers).data) : torch::zeros({0}));
  }
  for (int i = 0; file.has(fmt::format("solver.{}", i)); ++i)
    c.solver.push_back(torch::tensor(file.get(fmt::format("solver.{}", i)).data));
  return c;
}

}  // namespace reverie
