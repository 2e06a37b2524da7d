// What every program of the comparison does: plays the work in a file, prints how far its result is from the
// reference kernel's, then plays as many frames as requested, and prints one line of milliseconds each time.
// play_onnx.mjs uses the same protocol.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "weights/tensor.h"

namespace reverie {

constexpr int kCheckedFrames = 3;  // between state.N and expected.N of the file

// ||a - b|| / ||b||; adds up over several tensors.
struct RelativeError {
  double difference = 0, norm = 0;
  void add(const float* a, const std::vector<float>& b) {
    for (size_t i = 0; i < b.size(); ++i) {
      const double d = static_cast<double>(a[i]) - b[i];
      difference += d * d;
      norm += static_cast<double>(b[i]) * b[i];
    }
  }
  double value() const { return std::sqrt(difference / norm); }
};

// Milliseconds of step().
template <class Step>
double milliseconds(const Step& step) {
  const auto begin = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

// The protocol: first the error and the best settings found, then the times.
template <class Step>
int answer(double error, const std::string& settings, const Step& step) {
  fmt::print("{:.1e} {}\n", error, settings);
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string times;
    for (int left = std::stoi(line); left > 0; --left) times += fmt::format("{:.4f} ", milliseconds(step));
    fmt::print("{}\n", times);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace reverie
