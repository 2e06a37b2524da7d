// A frame's parameters as a card reads them.
#pragma once

#include "core/random.h"
#include "feedback/kernels/vulkan/card.h"
#include "feedback/kernels/vulkan/job.h"

namespace reverie::vulkan {

// The parameters of all levels, the keys of their noise, and their maps, on the card.
class CardParameters {
 public:
  CardParameters(std::shared_ptr<Card> card, const LevelSizes& sizes, std::vector<int> channels);

  // Writes those of one level, when nothing that reads them is running; records the copying of its maps where
  // they changed.
  void set(int level, const Transition& t, const Random& noise, Commands& commands);

  // Records the copying of what was set.
  void send(Commands& commands) const { commands.copy(staging_, levels_, levels_.bytes()); }

  const Buffer& levels() const { return levels_; }
  const Buffer* maps(int level) const { return maps_[static_cast<size_t>(level)].card.get(); }
  size_t bytes() const;

 private:
  struct Maps {
    std::vector<float> known;  // what the card has
    std::unique_ptr<Buffer> staging, card;
  };
  void set_maps(int level, LevelTransition t, LevelJob& job, Commands& commands);
  void set_noise(int level, const Random& noise, LevelJob& job);

  std::shared_ptr<Card> card_;
  LevelSizes sizes_;
  std::vector<int> channels_;
  Buffer staging_, levels_;
  std::vector<Maps> maps_;
};

}  // namespace reverie::vulkan
