#include "play/follow.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = uint64_t{1} << 31U;  // of a model

}  // namespace

RunFollower::RunFollower(const fs::path& run, fs::path copies, Desk& desk)
    : model_(run), copies_(std::move(copies)), desk_(desk) {
  std::error_code code;
  if (fs::is_directory(run, code)) {
    model_ = run / "model.safetensors";
  } else if (!fs::exists(run, code)) {
    throw Error("follow", run.string(), "there is no such run", "reverie train makes one");
  }
  const Chain chain = desk.chain();
  const bool weights = std::any_of(chain.parts.begin(), chain.parts.end(), [](const Part& part) {
    return part.preset.values.table().find(ParameterRole::kWeights) != nullptr;
  });
  if (!weights) throw Error("follow", run.string(), "no part of the chain has weights");
}

bool RunFollower::look() {
  std::error_code code;
  const fs::file_time_type time = fs::last_write_time(model_, code);
  if (code || time == seen_) return false;  // not there yet, or the same
  seen_ = time;
  const fs::path copy = copies_ / fmt::format("{:04}.safetensors", models_ + 1);
  write_file(copy, read_file(model_, kMostBytes));
  ++models_;
  desk_.load_weights(copy.string());
  return true;
}

}  // namespace reverie
