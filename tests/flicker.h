// How much a video flickers beside what moves in it.
#pragma once

#include <fmt/format.h>

#include "command.h"
#include "media/picture.h"
#include "motion/flow.h"
#include "motion/warp.h"

namespace reverie {

// Mean difference of each frame from the one before, carried along by the flow of the input: pictures
// FRAMES1.png .. FRAMESn.png, of inputs in1.png .. of the same size.
inline double flicker(const TestFolder& folder, const std::string& frames, int count) {
  Threads threads(1);
  const auto frame = [&](const std::string& pattern, int i) {
    return read_picture(folder.file(fmt::format("{}{}.png", pattern, i)));
  };
  double sum = 0;
  for (int i = 2; i <= count; ++i) {
    const Flow back = find_flow(frame("in", i), frame("in", i - 1), FlowMethod::kDisMedium);
    Planes carried;
    warp(frame(frames, i - 1), back, carried, threads);
    sum += mean_absolute_difference(carried, frame(frames, i));
  }
  return sum / (count - 1);
}

}  // namespace reverie
