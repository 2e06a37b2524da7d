#include "feedback/parameters.h"

namespace reverie {
namespace {

std::vector<Parameter> hierarchy() {
  Parameter channels =
      integer("channels", 3, 1, 1024, "planes", "channels of each level; level 0 is the picture and always 3")
          .levels()
          .fixed();
  channels.initial = {3, 12, 48, 192};
  return {
      integer("levels", 3, 0, 6, "levels", "levels above the picture; 0 is classic video feedback")
          .fixed()
          .counts_levels(),
      channels,
      text("weights", "normal",
           "normal, uniform or sharp (random), a .safetensors file, or a folder of .npy files")
          .fixed()
          .weights({"normal", "uniform", "sharp"}),
      choice(
          "filters", "raw", {"raw", "normalised", "smooth", "boxed", "spline"},
          "random weights as drawn; or with unit norm and, for encode filters, zero mean; or also decode "
          "filters that make no checkerboard of what is flat; or no pattern of period two of anything, "
          "those of a file too; or that interpolate by a B-spline, which leaves no blocks at all (a file's "
          "are boxed then)")
          .fixed(),
      integer("weights_seed", 0, 0, 2147483647, "",
              "random weights are those that this seed draws; 0: the seed of the set")
          .fixed(),
      number("weights_gain", 1, 0, 16, "times", "scale of the random weights").fixed(),
      number("weights_bias", 0.1, 0, 4, "", "standard deviation of the random biases").fixed(),
      integer("encode_kernel", 3, 1, 15, "samples",
              "side of the encode filters, odd; entry l leads from level l to l + 1")
          .levels()
          .fixed(),
      integer("decode_kernel", 2, 1, 16, "samples",
              "side of the decode filters: pool_size plus an even number")
          .levels()
          .fixed(),
      integer("pool_size", 2, 1, 8, "samples", "how many times smaller each level is than the one below")
          .levels()
          .fixed(),
      choice("pool", "max", {"max", "mean", "stride", "maxmag"}, "which sample of a block goes up a level")
          .levels()
          .said_by_weights(),
      choice("activation", "tanh", {"tanh", "relu"}, "after each convolution").levels().said_by_weights(),
      choice("border", "wrap", {"wrap", "clamp", "zero"},
             "what lies beyond the edge: the opposite side, the edge itself, nothing"),
      choice(
          "schedule", "every", {"every", "even"},
          "every level steps in every frame; or level l once every 2^l frames, its work spread evenly over "
          "them and its result eased in")
          .fixed(),
      choice("precision", "fp32", {"fp32", "bf16"},
             "number format for multiplications in convolutions; bf16 is coarser, faster on CPUs with AMX "
             "and slower on others")
          .fixed(),
      choice("init", "noise", {"noise", "binary", "picture", "black"}, "the state before the first frame")
          .fixed()
          .starts(),
      text("init_picture", "", "the picture that init = \"picture\" starts from; the input where empty")
          .fixed()
          .starts(),
      integer("init_frames", 0, 0, 100000, "frames",
              "first frames in which level 0 is the picture that init = \"picture\" starts from: of a moving "
              "input, the levels above see how it moves before the process goes on by itself")
          .fixed()
          .starts(),
      number("init_scale", 1, 0, 4, "", "amplitude of the initial noise").levels().fixed().starts(),
      integer("preroll", 0, 0, 100000, "frames", "frames that are made and not shown before the first")
          .fixed()
          .starts(),
  };
}

std::vector<Parameter> mixing() {
  return {
      number("gain", 1.333, 0, 20, "times", "gain of the loop").playable(0, 3).levels().map(),
      number("self", 0, -4, 4, "", "share of the level's own last state, moved and coloured")
          .playable(-1.5, 1.5)
          .levels()
          .map(),
      number("encode", 0.5, -4, 4, "", "share of the encoding of the level below (level 0: its own state)")
          .playable(-1, 1)
          .levels()
          .map(),
      number("decode", 0.5, -4, 4, "", "share of the decoding of the level above (top level: its own state)")
          .playable(-1, 1)
          .levels()
          .map(),
      number("input", 0, -4, 4, "", "share of the input picture, encoded up to the level")
          .playable(-1, 1)
          .levels()
          .map(),
      number("bias", 0, -2, 2, "", "added to every sample").playable(-0.5, 0.5).levels().map(),
      number("noise", 0, 0, 2, "", "amplitude of new uniform noise in each frame")
          .playable(0, 0.5)
          .levels()
          .map(),
      number("sblur", 1, -8, 1, "", "blurs (above 0), leaves alone (0) or sharpens (below 0) what is mixed")
          .playable(-2, 1)
          .levels()
          .map(),
      number("tblur", 0.5, 0, 1, "", "how much of the last frame is kept: motion blur").levels().map(),
      choice("trail", "state", {"state", "self"},
             "what tblur keeps: the last state as it was, or moved and coloured")
          .levels(),
      choice("squash", "tanh", {"tanh", "sin", "wrap", "fold", "clip", "rational"},
             "what keeps the state finite; rational is x / (x^2 + 1/4)")
          .levels(),
  };
}

std::vector<Parameter> movement() {
  return {
      number("zoom", 1, 0.25, 4, "times a frame", "enlarges the level's own state")
          .playable(0.9, 1.1)
          .levels()
          .map(),
      number("rotate", 0, -180, 180, "degrees a frame", "turns it, counter-clockwise")
          .playable(-10, 10)
          .levels()
          .map(),
      number("shift_x", 0, -256, 256, "pixels a frame", "moves it to the right")
          .playable(-8, 8)
          .levels()
          .map(),
      number("shift_y", 0, -256, 256, "pixels a frame", "moves it down").playable(-8, 8).levels().map(),
      number("swirl", 0, -180, 180, "degrees a frame", "turns the centre more than the edge")
          .playable(-10, 10)
          .levels()
          .map(),
      number("centre_x", 0.5, -1, 2, "widths", "horizontal centre of zoom, rotate, swirl and mirror")
          .playable(0, 1),
      number("centre_y", 0.5, -1, 2, "heights", "vertical centre of zoom, rotate, swirl and mirror")
          .playable(0, 1),
      choice("mirror", "none", {"none", "horizontal", "vertical", "both", "kaleidoscope"},
             "folds it at the centre")
          .levels(),
      integer("segments", 6, 2, 64, "", "sectors of the kaleidoscope"),
      number("advect", 0, -64, 64, "pixels a frame", "moves it along a flow computed from its own features")
          .playable(-8, 8)
          .levels()
          .map(),
      integer("advect_level", 2, 0, 6, "", "the level whose channel is the flow's stream function"),
      integer("advect_channel", 0, 0, 1023, "", "that channel"),
      number("advect_smooth", 1.5, 0, 64, "samples of that level",
             "standard deviation of the stream function's blur")
          .playable(0, 16),
      number("warp_by_flow", 0, -8, 8, "times",
             "moves it along with what moves in the input: 1 as far as that goes")
          .playable(-2, 2)
          .levels()
          .map(),
      choice("sampling", "linear", {"linear", "cubic", "nearest"}, "interpolation; linear also softens"),
      number("hue", 0, -180, 180, "degrees a frame", "turns the colours of each channel triple about grey")
          .playable(-20, 20)
          .levels()
          .map(),
      integer("permute", 0, 0, 1023, "channels",
              "each channel takes the state of the one this many places further")
          .levels(),
  };
}

std::vector<Parameter> homeostasis() {
  return {
      number("home_centre", 0, 0, 1, "", "homeostasis: how much of each channel's mean is subtracted")
          .levels(),
      number("home_level", 0.4, 0, 4, "", "homeostasis: target RMS of the level").playable(0, 1.5).levels(),
      number("home_rate", 0, 0, 1, "per frame",
             "homeostasis: how fast the gain approaches that target; 0 switches it off")
          .levels(),
  };
}

std::vector<Parameter> output() {
  return {
      choice("view", "state", {"state", "encoding", "decoding"}, "what is shown of view_level").views(),
      integer("view_level", 0, 0, 6, "", "the level that is shown").views(),
      integer("view_channel", 0, 0, 1023, "", "the first channel that is shown").views(),
      flag("view_mono", false, "show that channel in grey instead of three as R, G, B").views(),
      number("view_gain", 1, 0, 16, "times", "contrast of what is shown").playable(0, 4).views(),
      text("palette", "",
           "picture whose colours the shown picture takes on: a name from presets/palettes, a file, or input")
          .fixed(),
      number("palette_mix", 1, 0, 1, "", "from the raw colours (0) to the palette's (1)"),
      number("palette_rate", 0.05, 0, 1, "per frame", "how fast the statistics of the shown colours follow"),
      number("palette_contrast", 1, 0.05, 8, "times",
             "spread of the colours within the palette; more is posterised"),
      number("dry", 0, 0, 1, "", "share of the untouched input in the shown picture").views(),
  };
}

}  // namespace

const ParameterTable& feedback_parameters() {
  static const ParameterTable table(in_groups({{"mixing", mixing()},
                                               {"movement", movement()},
                                               {"homeostasis", homeostasis()},
                                               {"picture", output()},
                                               {"structure", hierarchy()}}));
  return table;
}

}  // namespace reverie
