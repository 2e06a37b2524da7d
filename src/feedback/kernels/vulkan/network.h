// The hourglass on a card: its weights as the shaders read them, and the programs of each layer.
#pragma once

#include "feedback/hourglass.h"
#include "feedback/kernels/vulkan/card.h"

namespace reverie::vulkan {

// Fills a buffer of the card; waits until it is there.
std::unique_ptr<Buffer> on_card(const std::shared_ptr<Card>& card, const std::vector<float>& values);

class CardLayer {
 public:
  CardLayer(const std::shared_ptr<Card>& card, const Layer& layer);

  // Rows `first` .. of the level above (encode) or below (decode), from `in`.  The job has the sizes.
  void encode(Commands& commands, Job job, const Buffer& in, const Buffer& out, const std::string& what);
  void decode(Commands& commands, Job job, const Buffer& in, const Buffer& out, const std::string& what);

  size_t bytes() const { return encode_weights_->bytes() + decode_weights_->bytes(); }

 private:
  const Program& encoder(int side) const;

  std::shared_ptr<Card> card_;
  int lower_, upper_, encode_kernel_, decode_kernel_, pool_;
  int decode_side_;
  std::unique_ptr<Buffer> encode_weights_, decode_weights_;
  const Program& decoder_;
};

}  // namespace reverie::vulkan
