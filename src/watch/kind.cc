#include "watch/kind.h"

namespace reverie {

ParameterTable watch_parameters() {
  return ParameterTable(in_groups(
      {{"watch",
        {
            text(
                "model", "../models/actions.safetensors",
                "a trained network that says what it sees, of clips (family video) or of pictures: its file, "
                "beside the preset or by its path")
                .fixed(),
            integer("every", 2, 1, 240, "frames", "from one look to the next").playable(1, 12),
            number("smooth", 0.5, 0, 0.99, "", "share of the last answer in this one").playable(0, 0.95),
            flag("show", false, "draw what it sees over the picture").views(),
        }}}));
}

EffectKind watch_effect() {
  return {.name = "watch",
          .help = "recognises what the picture shows; its classes are signals, such as watch.wave2",
          .input = InputNeed::kRequired,
          .table = std::make_shared<const ParameterTable>(watch_parameters()),
          .signals = {{"LABEL", "how sure the network is of a class: by the name of its label"},
                      {"certainty", "how sure it is of the likeliest one"}},
          .needs_torch = true,
          .any_threads = false};
}

}  // namespace reverie
