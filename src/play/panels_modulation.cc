// What moves a parameter: LFOs and followers, in its menu.
#include <imgui.h>

#include <algorithm>

#include "effects/effects.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

// What a follower follows: a feature of the sound, or a signal of a part.
bool choose_signal(Follower& f, const Chain& chain) {
  std::vector<std::string> all = sound_feature_words();
  const size_t sounds = all.size();
  for (const Part& part : chain.parts) {
    for (const EffectSignal& s : find_effect(part.preset.effect).signals)
      all.push_back(part.name + "." + s.name);
  }
  if (!f.signal.empty() && std::find(all.begin(), all.end(), f.signal) == all.end()) all.push_back(f.signal);
  int index = f.signal.empty() ? static_cast<int>(f.follows)
                               : static_cast<int>(std::find(all.begin(), all.end(), f.signal) - all.begin());
  if (!combo("follows", index, all)) return false;
  const auto chosen = static_cast<size_t>(index);
  f.signal = chosen < sounds ? "" : all[chosen];
  if (chosen < sounds) f.follows = static_cast<SoundFeature>(index);
  return true;
}

}  // namespace

// What moves the parameter: LFOs and sound followers, each with its depth.
void Panels::draw_modulation(const Parameter& p) {
  Preset changed = preset_;
  bool any = false;
  const double deep = p.soft_high - p.soft_low;
  int id = 0;
  const auto remove_button = [&] {
    ImGui::SameLine();
    return ImGui::SmallButton("x");
  };
  for (auto lfo = changed.lfos.begin(); lfo != changed.lfos.end();) {
    bool gone = false;
    if (lfo->parameter == p.name) {
      ImGui::PushID(id++);
      ImGui::Separator();
      int shape = static_cast<int>(lfo->shape);
      ImGui::SetNextItemWidth(em(9));
      if (combo("LFO", shape, wave_words())) lfo->shape = static_cast<Wave>(shape), any = true;
      gone = remove_button();
      any |= slide("depth", lfo->depth, -deep, deep);
      bool beats = lfo->beats.has_value();
      if (tick_box("in beats", &beats)) {
        lfo->beats = beats ? std::optional(4.0) : std::nullopt;
        any = true;
      }
      any |= lfo->beats ? slide("period in beats", *lfo->beats, 0.25, 64)
                        : slide("period in s", lfo->period, 0.1, 120);
      any |= slide("phase", lfo->phase, 0, 1);
      ImGui::PopID();
    }
    any |= gone;
    lfo = gone ? changed.lfos.erase(lfo) : lfo + 1;
  }
  for (auto f = changed.followers.begin(); f != changed.followers.end();) {
    bool gone = false;
    if (f->parameter == p.name) {
      ImGui::PushID(id++);
      ImGui::Separator();
      ImGui::SetNextItemWidth(em(9));
      any |= choose_signal(*f, chain_);
      gone = remove_button();
      any |= slide("depth", f->depth, -deep, deep);
      any |= slide("attack in s", f->attack, 0, 2);
      any |= slide("release in s", f->release, 0, 5);
      ImGui::PopID();
    }
    any |= gone;
    f = gone ? changed.followers.erase(f) : f + 1;
  }
  ImGui::Separator();
  if (ImGui::SmallButton("add an LFO")) {
    Lfo lfo;
    lfo.parameter = p.name;
    lfo.period = 8;
    changed.lfos.push_back(lfo);
    any = true;
  }
  ImGui::SameLine();
  if (ImGui::SmallButton("follow a signal")) {
    Follower f;
    f.parameter = p.name;
    changed.followers.push_back(f);
    any = true;
  }
  if (!any) return;
  // of this parameter alone: another hand may be at the others
  const auto replace = [&](Preset& now) {
    const auto its = [&](auto& all, const auto& mine) {
      const auto is_its = [&](const auto& m) { return m.parameter == p.name; };
      std::erase_if(all, is_its);
      std::copy_if(mine.begin(), mine.end(), std::back_inserter(all), is_its);
    };
    its(now.lfos, changed.lfos);
    its(now.followers, changed.followers);
  };
  show_.try_to([&] { show_.desk().change(part_, replace, 0, "modulation of " + part_ + "." + p.name); });
}

}  // namespace reverie
