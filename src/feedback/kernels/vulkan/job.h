// What the shaders are told, laid out as they read it.
#pragma once

#include <cstdint>

#include "feedback/transition.h"

namespace reverie::vulkan {

constexpr int kLevels = 7;  // at most
constexpr int kBindings = 9;
constexpr int kGroup = 8;             // channels that one invocation of a convolution makes
constexpr int kMoved = 12;            // channels that one invocation moves
constexpr int kWide = 32, kHigh = 4;  // invocations of a workgroup

// The terms of a mix.
enum Term : int32_t { kOfSelf = 1, kOfEncoding = 2, kOfDecoding = 4, kOfInput = 8, kOfSum = 16 };
enum Mode : int32_t { kMixAndSquash, kMixOnly, kSquashOnly };

// Push constants, as in shaders/common.glsl.
struct Job {
  int32_t level = 0, border = 0, height = 0, width = 0, in_height = 0, in_width = 0;
  int32_t first = 0, rows = 0, channels = 0, in_channels = 0, pool = 0, activation = 0;
  float scale = 1;
  int32_t add = 0, terms = 0, mode = kMixAndSquash, chunk = 0, chunks = 0, at = 0, home = 0;
  float share = 1;
};
static_assert(sizeof(Job) <= 128, "what every card takes");

// As in shaders/fields.glsl.
struct FieldJob {
  float value = 0, depth = 0;
  int32_t map = -1, unused = 0;
};
struct LevelJob {
  FieldJob field[LevelTransition::kFields];
  float centre_x = 0, centre_y = 0, radius = 1, sector = 1, turn_cosine = 1, turn_sine = 0;
  int32_t mirror = 0, permute = 0, sampling = 0, squash = 0;
  int32_t moves = 0, plain_turn = 1, advects = 0, by_flow = 0;
  int32_t shrink = 1, flow_height = 1, flow_width = 1;
  float home_centre = 0, home_level = 0, home_rate = 0;
  int32_t draws = 0;
};

}  // namespace reverie::vulkan
