#include "latent/kind.h"

#include <fmt/format.h>

namespace reverie {
namespace {

std::vector<Parameter> walk() {
  std::vector<Parameter> all = {
      text(
          "model", "../models/mogrify.safetensors",
          "a trained VAE or GAN, whose decoder or generator is played: its file, beside the preset or by its "
          "path")
          .fixed(),
      number("period", 24, 0, 86400, "seconds", "of the walk, which then closes exactly; 0: it stands still")
          .playable(4, 120),
      integer("stops", 4, 1, 64, "", "codes that the walk goes through").playable(1, 12),
      text("chosen", "",
           "numbers of samples, as `reverie codes` shows those of the same seed: the walk goes through these "
           "in "
           "place of `stops` others")
          .fixed(),
      choice("path", "spherical", {"spherical", "straight"},
             "from stop to stop over the sphere, where codes stay as far from the middle as they are, or "
             "straight"),
      text("label", "",
           "of a conditional model: what it shows, \"cat | dog\" with `position` between; empty: the "
           "codes' own labels"),
      integer("finer", 1, 0, 16, "",
              "of a generator by scales: how often its finer ones walk while the coarsest does once; 0: they "
              "stand still")
          .playable(0, 4),
      number("truncation", 1, 0, 4, "",
             "how far from the mean code: below 1 likelier pictures, above wilder ones")
          .playable(0, 2),
  };
  for (int i = 1; i <= kCodeGroups; ++i) {
    all.push_back(number(fmt::format("group{}", i), 0, -8, 8, "deviations",
                         fmt::format("moves quarter {} of the codes", i))
                      .playable(-2, 2));
  }
  return all;
}

std::vector<Parameter> grid() {
  return {
      text("toward", "starry-night", "of codes in a grid: the style, as `mogrify` takes it"),
      number("position", 0, 0, 63, "", "which of the sums that | separates, and between which two")
          .playable(0, 3),
      number("scale", 6, 1, 256, "codes", "size of what is large in the codes").playable(2, 24),
      number("fine", 0.35, 0, 4, "", "of what is three times as fine, beside it").playable(0, 1),
      number("scroll_x", 0, -1000, 1000, "codes a second", "how fast the ground moves on, without end")
          .playable(-8, 8),
      number("scroll_y", 0, -1000, 1000, "codes a second", "the same, down").playable(-8, 8),
  };
}

}  // namespace

ParameterTable latent_parameters() {
  return ParameterTable(in_groups({{"walk", walk()}, {"grid", grid()}}));
}

EffectKind latent_effect() {
  return {.name = "latent",
          .help = "a walk through the codes of a generative network: moving pictures from nothing",
          .input = InputNeed::kNone,
          .table = std::make_shared<const ParameterTable>(latent_parameters()),
          .signals = {{"phase", "how far the walk is"}},
          .needs_torch = true,
          .any_threads = false};
}

}  // namespace reverie
