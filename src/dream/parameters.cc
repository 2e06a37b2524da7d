#include "dream/settings.h"

namespace reverie {
namespace {

constexpr double kGigabyte = 1e9;

std::vector<Parameter> what() {
  return {
      text("model", "../models/dream.safetensors", "the network: its file, beside the preset or by its path")
          .fixed(),
      text("layers", "auto",
           "what is enhanced: LAYER, LAYER:3,7*0.5, LAYER:strongest5, sums by +, one after the other by |"),
      choice("measure", "l2", {"l2", "mean", "softplus"},
             "how activations become the number that rises; of chosen channels l2 is their mean"),
      number("position", 0, 0, 63, "", "which of the layers that | separates, and between which two"),
      text("guide", "", "a picture whose features are grown instead, where they match best"),
      text("mask", "",
           "where it dreams: a picture, white for everywhere, or a colour key such as key:4080c0"),
  };
}

std::vector<Parameter> how() {
  return {
      integer("octaves", 4, 1, 16, "", "sizes, from the smallest up"),
      number("octave_scale", 1.4, 1.05, 4, "times", "from one size to the next").playable(1.05, 2),
      integer("steps", 10, 0, 1000, "", "of each octave"),
      number("step", 1.5, 0, 64, "255ths", "mean change of one step").playable(0, 8),
      number("step_end", 1, 0, 10, "times",
             "the last step of an octave over its first; those between follow evenly"),
      integer("jitter", 32, 0, 512, "pixels", "how far the picture is rolled before a step, at most"),
      flag("robust", false,
           "shows the network the picture a little larger or smaller, and turned, in each step"),
      choice("smooth", "none", {"none", "laplacian", "gaussian"},
             "evens out the gradient: each band of frequencies alike, or blurred"),
      integer("bands", 4, 1, 10, "", "of frequencies, for laplacian"),
      number("sigma", 1, 0.1, 16, "pixels", "of the blur, for gaussian").playable(0.1, 4),
      integer("leak_steps", 0, 0, 100, "", "first steps in which gradients pass silent ReLUs"),
      number("memory", 2, 0.1, 1000, "GB", "for a gradient; larger pictures are cut into tiles"),
  };
}

std::vector<Parameter> look() {
  return {
      number("keep_colour", 0, 0, 1, "", "from the dream's colours to those of the picture that came in"),
      number("contrast", 0, 0, 100, "%", "share of the samples that stay below white, such as 99.9; 0 clips"),
      number("hold", 1, 0, 1, "", "keeps mean and deviation of the colours as they were at the start"),
  };
}

std::vector<Parameter> time() {
  return {
      number("blend", 0.3, 0, 1, "", "share of each new frame; the rest is the last dream carried along"),
      choice("carry", "flow", {"none", "flow"},
             "how the last dream follows the input: not, or its optical flow"),
      number("inertia", 0.5, 0, 0.98, "",
             "share of the carried dream that stays as it was: more is calmer, less is quicker"),
      number("zoom", 1, 0.5, 2, "times", "enlarges the last dream, each frame").playable(0.9, 1.1),
      number("rotate", 0, -180, 180, "degrees", "turns it, counter-clockwise, each frame").playable(-10, 10),
      number("shift_x", 0, -1, 1, "widths", "moves it to the right, each frame").playable(-0.05, 0.05),
      number("shift_y", 0, -1, 1, "heights", "moves it down, each frame").playable(-0.05, 0.05),
      integer("every", 1, 1, 60, "frames",
              "dreams in the background and shows what it found so many frames later; 1: every frame waits"),
  };
}

}  // namespace

std::vector<Parameter> dream_parameters() {
  return in_groups({{"what", what()}, {"how", how()}, {"look", look()}, {"time", time()}});
}

DreamSettings dream_settings(const ParameterValues& values) {
  DreamSettings s;
  s.position = values.number("position");
  s.octaves = values.integer("octaves");
  s.octave_scale = values.number("octave_scale");
  s.steps = values.integer("steps");
  s.step = values.number("step");
  s.step_end = values.number("step_end");
  s.jitter = values.integer("jitter");
  s.robust = values.flag("robust");
  s.smoothing = values.choice<Smoothing>("smooth");
  s.levels = values.integer("bands");
  s.sigma = values.number("sigma");
  s.leak_steps = values.integer("leak_steps");
  s.memory = static_cast<size_t>(values.number("memory") * kGigabyte);
  s.keep_colour = values.number("keep_colour");
  s.contrast = values.number("contrast");
  return s;
}

const std::vector<DreamStyle>& dream_styles() {
  static const std::vector<DreamStyle> list = {
      {"classic", "google/deepdream: 4 octaves of 10 steps, jitter 32", {}},
      {"lapnorm",
       "TensorFlow's tutorial: every band of frequencies alike",
       {{"smooth", "laplacian"}, {"octaves", "3"}, {"step", "1"}, {"jitter", "512"}, {"measure", "mean"}}},
      {"lucid", "Lucid: Adam in decorrelated Fourier space, with transformations; starts from noise", {}},
      {"enhance", "Mahendran and Vedaldi: L-BFGS towards a layer's activations, times a factor", {}},
  };
  return list;
}

}  // namespace reverie
