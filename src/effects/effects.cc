#include "effects/effects.h"

#include <fmt/format.h>

#include <deque>

#include "core/error.h"
#include "core/text.h"
#include "dream/kind.h"
#include "feedback/effect.h"
#include "flow_view/effect.h"
#include "grade/effect.h"
#include "latent/kind.h"
#include "style/kind.h"
#include "watch/kind.h"

namespace reverie {
namespace {

std::map<std::string, MakeEffect, std::less<>>& provided() {
  static std::map<std::string, MakeEffect, std::less<>> all;
  return all;
}

std::unique_ptr<Effect> not_here(const EffectSetup& /*setup*/, const ParameterValues& /*values*/) {
  throw Error("make the effect", "", "it needs LibTorch, which this program leaves out", "start reverie-lab");
}

EffectKind with_common(EffectKind kind) {
  std::vector<Parameter> all = kind.table->all();
  for (Parameter p : {number(kMix, 1, 0, 1, "", "from the picture that comes in (0) to the effect's own (1)"),
                      flag(kBypass, false, "let the picture through untouched; the process stands still")}) {
    p.group = "part";
    all.push_back(std::move(p.views()));
  }
  kind.table = std::make_shared<const ParameterTable>(std::move(all));
  return kind;
}

std::vector<EffectKind> make_list() {
  std::vector<EffectKind> list = {
      feedback_effect(),  grade_effect(), dream_effect(),  mogrify_effect(),
      flow_view_effect(), watch_effect(), latent_effect(),
  };
  for (EffectKind& kind : list) {
    kind = with_common(std::move(kind));
    if (const auto it = provided().find(kind.name); it != provided().end()) kind.make = it->second;
    if (!kind.make) kind.make = not_here;
  }
  return list;
}

// A deque, so that those found before stay where they are.
std::deque<EffectKind>& added() {
  static std::deque<EffectKind> list;
  return list;
}

}  // namespace

const std::vector<EffectKind>& effects() {
  static const std::vector<EffectKind> list = make_list();
  return list;
}

void provide(std::string_view effect, MakeEffect make) {
  provided().emplace(effect, make);
}

const EffectKind& find_effect(std::string_view name) {
  std::vector<std::string> names;
  for (const EffectKind& e : effects()) {
    if (e.name == name) return e;
    names.push_back(e.name);
  }
  for (const EffectKind& e : added()) {
    if (e.name == name) return e;
  }
  throw Error(fmt::format("there is no effect '{}'{}", name, did_you_mean(name, names)));
}

void add_effect(EffectKind kind) {
  added().push_back(with_common(std::move(kind)));
}

double wet(const ParameterValues& values) {
  return values.flag(kBypass) ? 0 : values.number(kMix);
}

}  // namespace reverie
