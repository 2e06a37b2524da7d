#include "alive/settings.h"

namespace reverie {
namespace {

std::vector<Parameter> process() {
  return {
      integer("size", 96, 16, 1024, "pixels", "side of the square that is trained on"),
      integer("batch", 4, 1, 256, "", "hierarchies that learn from one step"),
      integer("pool", 48, 1, 4096, "", "hierarchies that go on from step to step"),
      integer("steps_least", 8, 1, 1000, "frames", "that a step unrolls, at least"),
      integer("steps_most", 24, 1, 1000, "frames", "that a step unrolls, at most; fewer at the beginning"),
      integer("free", 24, 0, 10000, "frames", "that a hierarchy runs before those, at most"),
      number("fresh", 0.15, 0, 1, "", "share of a batch that starts afresh"),
      number("damaged", 0.15, 0, 1, "", "share of a batch of which a quarter becomes noise"),
  };
}

std::vector<Parameter> losses() {
  return {
      text("network", "../models/dream.safetensors", "whose features say what looks alike"),
      text("layers", "auto", "of that network, by commas; auto: up to five, from the lowest on"),
      integer("style_size", 192, 16, 4096, "pixels", "shorter side of the style's pictures"),
      integer("scales", 3, 1, 4, "", "sizes that are compared, each half the one before"),
      integer("projections", 32, 1, 1024, "", "directions in which features are compared"),
      number("raw", 1, 0, 100, "", "weight of the colours themselves among the layers"),
      number("bands_weight", 1, 0, 100, "",
             "what more or less of a size than the style has costs, in the second half"),
      number("change_least", 0.012, 0, 1, "", "change from one frame to the next, at least"),
      number("change_most", 0.03, 0, 1, "", "and at most"),
      number("change_weight", 1, 0, 100, "", "what leaving that band costs"),
      number("smooth_weight", 0.5, 0, 100, "", "what flicker costs: change that is taken back"),
      number("motion_x", 0, -16, 16, "pixels a frame", "where it should move, to the right"),
      number("motion_y", 0, -16, 16, "pixels a frame", "and down"),
      number("motion_turn", 0, -45, 45, "degrees a frame", "and how it should turn, counter-clockwise"),
      number("motion_speed", 1, -100, 100, "times", "how fast it should move beside the clip of --motion"),
      number("motion_weight", 0, 0, 100, "", "what moving another way costs; with --motion it begins as 3"),
      number("range_weight", 10, 0, 1000, "", "what leaving -1..1 costs"),
  };
}

std::vector<Parameter> prediction() {
  return {
      integer("ahead", 12, 1, 1000, "frames", "that it runs by itself, at most; 1, 2, 4, ... at first"),
      integer("warm", 6, 0, 1000, "frames", "of the clip that it is shown before those, at most"),
      number("held_out", 0.2, 0, 0.9, "", "share of the clip, at its end, that it does not learn from"),
      number("pixel_weight", 1, 0, 100, "",
             "what other colours cost; 1: as much as showing the last frame again"),
      number("looks_share", 0.25, 0, 1, "",
             "share of the steps that learn to look like the clip still, after up to `free` frames more"),
      number("feature_weight", 0.1, 0, 100, "", "what other features of `network` cost, at the last frame"),
  };
}

std::vector<Parameter> learning() {
  return {
      integer("iterations", 1000, 1, 10000000, "", "steps of the solver"),
      number("rate", 0.002, 0, 1, "", "of Adam; it falls as half a cosine to 0"),
      number("mix_rate", 0.3, 0, 10, "times", "the rate of the shares self, encode, decode"),
  };
}

}  // namespace

const ParameterTable& alive_settings() {
  static const ParameterTable table(in_groups({{"process", process()},
                                               {"losses", losses()},
                                               {"prediction", prediction()},
                                               {"learning", learning()}}));
  return table;
}

}  // namespace reverie
