// The log of a run, in files that TensorBoard reads.
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

// Writes to one new file of a folder; a resumed run begins another one beside those there are.
class EventLog {
 public:
  // Makes the folder.  first_step: where the run begins or goes on: what earlier files say of this step and
  // of later ones no longer counts.  Error when the file cannot be written.
  explicit EventLog(const std::filesystem::path& folder, int64_t first_step = 0);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // tag: the name TensorBoard shows; what stands before a '/' groups.
  void scalar(const std::string& tag, int64_t step, double value);          // kept as float32
  void image(const std::string& tag, int64_t step, const Planes& picture);  // [3 or 1, H, W] in 0..1
  // The distribution of values; what is no finite number is left out.
  void histogram(const std::string& tag, int64_t step, std::span<const float> values);

  // What was logged can be seen by others.
  void flush();
  const std::filesystem::path& path() const { return path_; }

 private:
  class Writer;
  std::filesystem::path path_;
  std::unique_ptr<Writer> writer_;
};

struct ScalarSeries {
  std::string tag;
  std::vector<int64_t> steps;  // rising
  std::vector<double> values;
};

// All scalars of the event files in a folder, sorted by tag; empty without such files.  Where a run was
// resumed, what was logged past the point of resumption is left out.  A file that was cut off or damaged
// counts up to there.
std::vector<ScalarSeries> read_scalars(const std::filesystem::path& folder);

}  // namespace reverie
