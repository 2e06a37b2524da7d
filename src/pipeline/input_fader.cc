#include "pipeline/input_fader.h"

#include "control/player.h"

namespace reverie {

const Planes* InputFader::mix(const Planes* a, const Planes* b) {
  const bool has_a = a && !a->empty(), has_b = b && !b->empty();
  if (share_ <= 0 || !has_b) return a;
  if (share_ >= 1) return b;
  if (has_a) {
    mixed_ = *a;
  } else {
    mixed_ = Planes(b->channels(), b->height(), b->width());
  }
  blend(mixed_, *b, share_);
  return &mixed_;
}

}  // namespace reverie
