#include "motion/input_motion.h"

#include <algorithm>
#include <cmath>

#include "motion/warp.h"

namespace reverie {

Planes InputMotion::seen(const Planes& picture) const {
  const int side = std::max(picture.height(), picture.width());
  if (largest_side_ == 0 || side <= largest_side_) return picture;
  const auto shrunk = [&](int n) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(n) * largest_side_ / side)));
  };
  return resize(luma(picture), shrunk(picture.height()), shrunk(picture.width()));
}

void InputMotion::forget() {
  last_.clear();
  cuts_.restart();
  known_ = false;
}

void InputMotion::save(State& to) const {
  to.put("last", last_);
  cuts_.save(to);
}

void InputMotion::load(const State& from) {
  forget();
  last_ = from.planes("last");
  if (!last_.empty()) last_seen_ = seen(last_);
  cuts_.load(from);
}

void InputMotion::next(const Planes* picture, Threads& threads) {
  if (!picture || picture->empty()) return forget();
  if (!last_.empty() && !last_.same_shape(*picture)) forget();
  // an input slower than the set's clock shows its pictures several times
  if (!last_.empty() && last_.data() == picture->data()) {
    flow_ = Flow(2, picture->height(), picture->width());
    trust_ = Planes(1, picture->height(), picture->width(), 1);
    known_ = true;
    return;
  }
  const bool cut = cuts_.next(*picture, threads);
  known_ = !cut && !last_.empty();
  Planes now = seen(*picture);
  if (known_) {
    FlowPair flows = find_flows(last_seen_, now, method_, threads);
    trust_ = consistency(flows.backward, flows.forward, threads);
    flow_ = std::move(flows.backward);
    if (now.height() != picture->height() || now.width() != picture->width()) {
      flow_ = resize_flow(flow_, picture->height(), picture->width());
      trust_ = resize(trust_, picture->height(), picture->width());
    }
  }
  last_ = *picture;
  last_seen_ = std::move(now);
}

}  // namespace reverie
