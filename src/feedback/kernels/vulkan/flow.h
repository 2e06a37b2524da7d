// The flows that move the levels, on a card: given, or made from a level's own features (feedback/flow.h).
#pragma once

#include "feedback/kernels/vulkan/card.h"

namespace reverie::vulkan {

class CardFlow {
 public:
  CardFlow(std::shared_ptr<Card> card, LevelSizes sizes);

  // Records what brings the transition's flows to the card, or makes its velocity from `level`: the shown
  // state of the stream's level.
  void follow(const Transition& t, const Buffer* level, Commands& commands);

  const Buffer* velocity() const { return velocity_.get(); }  // [2, H, W], and their scale
  const Buffer* of_input() const { return of_input_.get(); }  // [2, H, W]
  size_t bytes() const;

 private:
  void load(const Planes& flow, std::unique_ptr<Buffer>& staging, std::unique_ptr<Buffer>& to,
            Commands& commands);
  void make(const Transition& t, const Buffer& level, Commands& commands);
  int blur_weights(float smooth);

  std::shared_ptr<Card> card_;
  LevelSizes sizes_;
  std::unique_ptr<Buffer> velocity_, of_input_, upload_velocity_, upload_of_input_;
  std::unique_ptr<Buffer> weights_, across_, psi_, sums_;
};

}  // namespace reverie::vulkan
