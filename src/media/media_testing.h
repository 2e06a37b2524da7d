// Shared by the tests of media/.
#pragma once

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/planes.h"
#include "media/sink.h"
#include "media/source.h"

namespace reverie::testing_media {

// A folder that is removed after the test.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "reverie-media-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempFolder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& e : std::filesystem::directory_iterator(path_))
      all.push_back(e.path().filename().string());
    return all;
  }

 private:
  std::filesystem::path path_;
};

// The folder of real files, if this machine has it.
inline std::optional<std::filesystem::path> data_folder() {
  std::vector<std::filesystem::path> places;
  if (const char* data = std::getenv("REVERIE_DATA")) places.emplace_back(data);
  if (const char* root = std::getenv("REVERIE_ROOT"))
    places.push_back(std::filesystem::path(root) / "../shared/data");
  places.emplace_back("../shared/data");
  for (const auto& p : places) {
    if (std::filesystem::exists(p / "video_edge")) return p;
  }
  return std::nullopt;
}

inline std::vector<Planes> read_all(const std::string& spec, const SourceOptions& options = {}) {
  const std::unique_ptr<Source> source = open_source(spec, options);
  std::vector<Planes> frames;
  for (Planes p; frames.size() < 10000 && source->read(p);) frames.push_back(p);
  return frames;
}

// Writes count frames, each of a single grey: frame n is (n + 1) / (count + 1).
inline void write_greys(const std::string& target, int count, const SinkOptions& options) {
  const std::unique_ptr<Sink> sink = open_sink(target, options);
  for (int n = 0; n < count; ++n) {
    sink->write(
        Planes(3, options.height, options.width, static_cast<float>(n + 1) / static_cast<float>(count + 1)));
  }
  sink->finish();
}

// Which of write_greys' frames these are.
inline std::vector<int> greys(const std::vector<Planes>& frames, int count) {
  std::vector<int> found;
  found.reserve(frames.size());
  for (const Planes& p : frames) {
    const float middle = p.at(1, p.height() / 2, p.width() / 2);
    found.push_back(static_cast<int>(std::lround(middle * static_cast<float>(count + 1))) - 1);
  }
  return found;
}

}  // namespace reverie::testing_media
