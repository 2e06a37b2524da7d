#include "pipeline/kept_input.h"

#include <fmt/format.h>

#include <utility>

#include "media/picture.h"

namespace reverie {

void KeptInput::end() {
  if (recorder_) recorder_->finish();
  index_ = -1;
}

const Planes* KeptInput::keep(const Planes& picture, int64_t index, std::vector<Event>& events) {
  if (index_ < 0) first_ = index;
  for (Event& event : events) {
    if (auto* show = std::get_if<ShowInput>(&event)) show->index -= first_;
  }
  if (index == index_) return &picture_;
  if (index_ < 0) {
    const std::string name = fmt::format("{}{}.mkv", base_, files_++ == 0 ? "" : fmt::format("-{}", files_));
    for (Event& event : events) {
      if (auto* opened = std::get_if<OpenInput>(&event)) opened->spec = name;
    }
    recorder_ = record_(name);
  } else {
    recorder_->hold(index - index_ - 1);
  }
  index_ = index;
  picture_ = picture;
  round_to_8_bit(picture_);
  recorder_->write(picture_);
  return &picture_;
}

}  // namespace reverie
