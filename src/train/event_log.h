// The log of a run, in files that TensorBoard can read.
//
// Format: TFRecords of tensorflow.Event (event.proto), named events.out.tfevents.SECONDS.NAME.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

// Writes to a new file in a folder; a resumed run adds another file next to the existing ones.
class EventLog {
 public:
  // Creates the folder. first_step: where the run starts or resumes: entries of earlier files for this and
  // later steps no longer count.  Error if the file cannot be written.
  explicit EventLog(const std::filesystem::path& folder, int64_t first_step = 0);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // tag: the name shown in TensorBoard; the part before a '/' is the group.
  void scalar(const std::string& tag, int64_t step, double value);          // stored as float32
  void image(const std::string& tag, int64_t step, const Planes& picture);  // [3 or 1, H, W] in 0..1
  // The distribution of values; values that are not finite are left out.
  void histogram(const std::string& tag, int64_t step, std::span<const float> values);

  // Makes what was logged visible to others.
  void flush();
  const std::filesystem::path& path() const { return path_; }

 private:
  class Writer;
  std::filesystem::path path_;
  std::unique_ptr<Writer> writer_;
};

struct ScalarSeries {
  std::string tag;
  std::vector<int64_t> steps;  // ascending
  std::vector<double> values;
};

// All scalars of the event files in a folder, sorted by tag; empty without such files.  If a run was resumed,
// what was logged past the resume point is left out.  A truncated or damaged file counts up to that place.
std::vector<ScalarSeries> read_scalars(const std::filesystem::path& folder);

}  // namespace reverie
