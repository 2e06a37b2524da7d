// What a dream enhances, as words: "fire4/concat:3,7*0.5 + fire6/concat | fire8/concat".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// Some of a layer's activations.
//
// LAYER                  all of them
// LAYER:3,7,10-12        these channels
// LAYER:strongest5       of the picture's channels the five that answer most, chosen once an octave
// LAYER:weakest5         those that answer least
// LAYER:7@0.5,0.25       one neuron: of channel 7 the one at half the width and a quarter of the height
// LAYER:file.npy         a direction: as many numbers as the layer has channels; the activations' dot product
struct DreamTerm {
  enum class Pick { kAll, kListed, kStrongest, kWeakest, kDirection };
  std::string model;  // MODEL::LAYER; empty: the dream's own
  std::string layer;
  Pick pick = Pick::kAll;
  std::vector<int64_t> channels;  // of kListed
  int64_t count = 0;              // of kStrongest and kWeakest
  bool one_place = false;         // a neuron
  double x = 0.5, y = 0.5;        // where it is, in widths and heights
  std::string direction;          // its file
  double weight = 1;              // *WEIGHT; below 0 it is subdued
};

// Terms that are added up.
using DreamSum = std::vector<DreamTerm>;

// Sums joined by +; sums that follow one another by |.  Error("dream", TEXT, ...) says what is wrong.
std::vector<DreamSum> parse_dream_layers(std::string_view text);

// As parse_dream_layers() takes it.
std::string dream_layers_text(const std::vector<DreamSum>& sums);

}  // namespace reverie
