#include "style/kind.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr double kMostWeight = 10;

std::vector<Parameter> look() {
  std::vector<Parameter> all = {
      text("model", "../models/mogrify.safetensors",
           "a trained VAE: its file, beside the preset or by its path")
          .fixed(),
      text("styles", "", "more labels: a file that `reverie embed` made with this model").fixed(),
      text("toward", "starry-night",
           "the style: LABEL, LABEL*0.7 + LABEL*0.3, and one sum after another by |"),
      number("position", 0, 0, 63, "", "which of the sums that | separates, and between which two")
          .playable(0, 3),
      number("beta", 1, -4, 4, "", "how far the codes go toward the style").playable(0, 1.5),
  };
  for (int i = 1; i <= kStyleWeights; ++i) {
    all.push_back(number(fmt::format("weight{}", i), 1, -kMostWeight, kMostWeight, "",
                         fmt::format("times the weight of style {} of the sum", i))
                      .playable(0, 1));
  }
  return all;
}

std::vector<Parameter> codes() {
  return {
      choice("move", "auto", {"auto", "means", "statistics"},
             "what of the codes is moved: their means, z - alpha * from + beta * toward; or mean and "
             "deviation of "
             "each over the picture; auto: statistics where the model's codes are a grid"),
      text("from", "",
           "by means: the label whose mean is subtracted; empty: the clip's own mean (live: so far)"),
      number("alpha", 0.25, -4, 4, "", "by means: how much of it is subtracted").playable(0, 1),
      flag("sample", false, "sample the codes instead of taking their means: flickers, as in 2017"),
      number(
          "inertia", 0.9, 0, 0.999, "",
          "how slowly what counts as the picture's own look follows the picture; 0: every frame by itself"),
  };
}

std::vector<Parameter> picture() {
  return {
      integer("side", 320, 0, kLargestSide, "pixels",
              "smaller side of what the network sees: strokes get larger as it gets smaller; 0: as it comes")
          .playable(120, 720),
      number("smooth", 0.2, 0, 0.98, "", "share of the last frame in this one").playable(0, 0.9),
      choice("carry", "flow", {"still", "flow"},
             "whether the last frame stays where it is or is carried along by the input's movement"),
      number("refine", 1, 0, 1, "", "share of what the model's refining network adds, if it has one"),
      number("detail", 0, 0, 2, "", "fine detail of the input that is put back").playable(0, 1),
      number("colours", 0, 0, 1, "", "from the style's colours (0) to the input's (1)"),
      number("black", 0, -0.5, 0.5, "", "what becomes black: 0.05 deepens shadows").playable(0, 0.2),
      number("inset", 0, 0, 1, "", "width of the input shown in a corner, as a share of the picture's")
          .views(),
  };
}

}  // namespace

std::vector<StyleSum> parse_styles(const std::string& text) {
  const auto fail = [&](const std::string& why) {
    throw Error("understand the styles", "\"" + printable(text) + "\"", why,
                "write LABEL, LABEL*0.7 + LABEL*0.3, or several sums separated by |");
  };
  std::vector<StyleSum> sums;
  for (const std::string& part : split(text, '|')) {
    StyleSum sum;
    for (const std::string& word : split(part, '+')) {
      const size_t star = word.rfind('*');
      StyleTerm term;
      term.label = std::string(trim(word.substr(0, star)));
      if (term.label.empty()) fail("a label is missing");
      if (star != std::string::npos) {
        const auto weight = to_number(trim(word.substr(star + 1)));
        if (!weight || !(std::abs(*weight) <= kMostWeight))
          fail(fmt::format("'{}' is not a weight from -10 to 10", printable(word.substr(star + 1))));
        term.weight = *weight;
      }
      sum.push_back(term);
    }
    sums.push_back(sum);
  }
  return sums;
}

ParameterTable mogrify_parameters() {
  return ParameterTable(in_groups({{"style", look()}, {"codes", codes()}, {"picture", picture()}}));
}

EffectKind mogrify_effect() {
  return {.name = "mogrify",
          .help = "carries the style of paintings onto the picture",
          .input = InputNeed::kRequired,
          .table = std::make_shared<const ParameterTable>(mogrify_parameters()),
          .signals = {{"change", "how much the picture that comes in is changed"}},
          .needs_flow = true,
          .flow_parameters = {"smooth", "inertia"},  // without these a cut is nothing special
          .needs_torch = true,
          .any_threads = false};
}

}  // namespace reverie
