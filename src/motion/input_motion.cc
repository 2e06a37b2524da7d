#include "motion/input_motion.h"

#include "motion/warp.h"

namespace reverie {

void InputMotion::forget() {
  last_.clear();
  cuts_.restart();
  known_ = false;
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
  if (known_) {
    FlowPair flows = find_flows(last_, *picture, method_, threads);
    trust_ = consistency(flows.backward, flows.forward, threads);
    flow_ = std::move(flows.backward);
  }
  last_ = *picture;
}

}  // namespace reverie
