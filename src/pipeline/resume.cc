#include "pipeline/resume.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "media/picture.h"
#include "media/sink.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDescription = "job/description";
constexpr const char* kReads = "job/reads";
constexpr const char* kFinished = "job/finished";
constexpr size_t kLongestLine = 80;

uint64_t date_of(const fs::path& path) {
  std::error_code code;
  const auto time = fs::last_write_time(path, code);
  return code ? 0 : static_cast<uint64_t>(time.time_since_epoch().count());
}

uint64_t size_of(const fs::path& path) {
  std::error_code code;
  const uint64_t size = fs::file_size(path, code);
  return code ? 0 : size;
}

// Of a file its size and date, of a folder those of the pictures in it, of anything else nothing.
std::string print_of(const std::string& name) {
  std::error_code code;
  if (fs::is_regular_file(name, code)) return fmt::format("{} bytes, {}", size_of(name), date_of(name));
  if (!fs::is_directory(name, code)) return "";
  int64_t pictures = 0;
  uint64_t all = 0;  // in any order
  for (const fs::directory_entry& e : fs::directory_iterator(name, code)) {
    if (!is_picture_name(e.path())) continue;
    ++pictures;
    uint64_t mixed = mix_bits(size_of(e.path()) ^ mix_bits(date_of(e.path())));
    for (const char c : e.path().filename().string()) mixed = mix_bits(mixed ^ static_cast<uint8_t>(c));
    all += mixed;
  }
  return fmt::format("{} pictures, {:x}", pictures, all);
}

std::string lines_of(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string lines;
  for (const std::string& name : names) {
    if (const std::string print = print_of(name); !print.empty())
      lines += fmt::format("{}: {}\n", quote_toml(name), print);
  }
  return lines;
}

// The first lines that differ, clipped.
std::pair<std::string, std::string> difference(const std::string& a, const std::string& b) {
  const std::vector<std::string> of_a = split(a, '\n');
  const std::vector<std::string> of_b = split(b, '\n');
  for (size_t i = 0; i < std::max(of_a.size(), of_b.size()); ++i) {
    const std::string one = i < of_a.size() ? of_a[i] : "";
    const std::string other = i < of_b.size() ? of_b[i] : "";
    const auto clipped = [](const std::string& line) { return printable(line.substr(0, kLongestLine)); };
    if (one != other) return {clipped(one), clipped(other)};
  }
  return {};
}

TensorFile as_file(const State& state) {
  TensorFile file;
  for (const auto& [name, samples] : state.all_samples()) file.tensors[name] = {samples.shape, samples.data};
  file.metadata = state.all_texts();
  return file;
}

State read_state(const fs::path& path) {
  TensorFile file = read_safetensors(path);
  State state;
  for (auto& [name, tensor] : file.tensors)
    state.put(name, {std::move(tensor.shape), std::move(tensor.data)});
  for (auto& [name, text] : file.metadata) state.put_text(name, std::move(text));
  return state;
}

}  // namespace

Resumption::Resumption(const std::string& target, JobIdentity job)
    : folder_(work_folder(target)),
      file_(folder_ / "state.safetensors"),
      target_(target),
      job_(std::move(job)),
      reads_(lines_of(job_.reads)),
      pictures_(sink_takes_pictures(target)) {
  std::error_code code;
  fs::create_directories(folder_, code);
  if (code) throw Error("make the folder", folder_.string(), code.message());
  lock_.emplace(folder_);
  if (!fs::exists(file_, code)) return;
  std::optional<State> before;
  try {
    before = read_state(file_);
    compare(*before);
  } catch (const Error& e) {
    if (before && before->has(kFinished)) return;  // what is finished is in nobody's way
    if (before) throw;
    throw Error("go on with", target_, fmt::format("its state is damaged: {}", e.what()),
                "delete " + folder_.string() + " to start again");
  }
  if (before->has(kFinished)) {
    finished_ = before->whole(kFinished);
  } else {
    state_ = std::move(before);
  }
}

Resumption::~Resumption() {
  std::error_code code;
  if (!fs::exists(file_, code)) fs::remove_all(folder_, code);
}

void Resumption::compare(const State& before) const {
  const std::string advice = "give the same command, or delete " + folder_.string() + " to start again";
  if (!before.has(kDescription) || !before.has(kReads))
    throw Error("go on with", target_, "its state is not that of a render", advice);
  if (before.text(kDescription) != job_.description) {
    const auto [then, now] = difference(before.text(kDescription), job_.description);
    throw Error("go on with", target_, fmt::format("it was begun with '{}', not '{}'", then, now), advice);
  }
  if (before.text(kReads) != reads_) {
    const auto [then, now] = difference(before.text(kReads), reads_);
    throw Error("go on with", target_,
                fmt::format("a file that it reads has changed: it was {}, now {}", then, now), advice);
  }
}

void Resumption::keep(State state) {
  state.put_text(kDescription, job_.description);
  state.put_text(kReads, reads_);
  write(state);
}

void Resumption::write(const State& state) const {
  const std::vector<uint8_t> bytes = safetensors_bytes(as_file(state), file_.string());
  write_file(file_, bytes, true);
}

void Resumption::finish(int64_t frames) {
  if (pictures_) {
    State state;
    state.put_whole(kFinished, frames);
    return keep(std::move(state));
  }
  std::error_code code;
  fs::remove_all(folder_, code);
}

}  // namespace reverie
