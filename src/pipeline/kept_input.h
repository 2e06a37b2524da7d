// A live input of a set, stored without loss so that the set can be made again with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/event.h"
#include "core/planes.h"
#include "pipeline/recorder.h"

namespace reverie {

// The session names the stored file instead of the camera, and counts from its first frame.  Only what can be
// stored is played: 8 bits.
class KeptInput {
 public:
  // record: begins a file of that name.
  using Record = std::function<std::shared_ptr<Recorder>(const std::string& file)>;
  // The files are called BASE.mkv, BASE-2.mkv and so on.
  KeptInput(std::string base, Record record) : base_(std::move(base)), record_(std::move(record)) {}

  // Another input is shown.
  void end();
  // Stores the picture that is shown, which is this frame of the input, and returns what is played; events:
  // of this input.
  const Planes* keep(const Planes& picture, int64_t index, std::vector<Event>& events);

 private:
  std::string base_;
  Record record_;
  std::shared_ptr<Recorder> recorder_;
  Planes picture_;
  int64_t index_ = -1, first_ = 0;  // of the input: the last and the first frame that were stored
  int files_ = 0;
};

}  // namespace reverie
