#include "play/keys.h"

#include <algorithm>
#include <cmath>

#include "control/bank.h"
#include "effects/effects.h"

namespace reverie {
namespace {

Key on_desk(std::string name, std::string help, void (*act)(Desk&)) {
  return {std::move(name), std::move(help),
          [act](Show& show, WindowWishes&) { return act(show.desk()), true; }};
}

Key on_window(std::string name, std::string help, void (*act)(WindowWishes&)) {
  return {std::move(name), std::move(help), [act](Show&, WindowWishes& w) { return act(w), true; }};
}

Key on_show(std::string name, std::string help, void (*act)(Show&)) {
  return {std::move(name), std::move(help), [act](Show& show, WindowWishes&) { return act(show), true; }};
}

// A key of an effect acts on the part whose tab is open, or on the first part of that effect.
Key of_effect(const std::string& effect, const EffectKey& key) {
  return {key.key, key.help, [effect, key](Show& show, WindowWishes& wishes) {
            const Chain chain = show.desk().chain();
            const Part* part = chain.find(wishes.part);
            if (!part || part->preset.effect != effect) {
              const auto plays = [&](const Part& p) { return p.preset.effect == effect; };
              const auto it = std::find_if(chain.parts.begin(), chain.parts.end(), plays);
              part = it == chain.parts.end() ? nullptr : &*it;
            }
            if (part) show.desk().cycle(part->name + "." + key.parameter, key.below_levels);
            return part != nullptr;
          }};
}

void toggle_favourite(Show& show) {
  const std::string name = show.desk().chain().name();
  const std::vector<std::string> marked = read_favourites();
  const bool on = std::find(marked.begin(), marked.end(), name) == marked.end();
  mark_favourite(name, on);
  Show::say(name + (on ? " is a favourite" : " is no favourite any more"));
}

void nudge(Desk& desk, const std::string& fader, int steps) {
  constexpr double kSteps = 8;  // from end to end
  const double at = std::round(desk.share(fader) * kSteps + steps) / kSteps;
  desk.set_share(fader, -1, std::clamp(at, 0.0, 1.0));
}

std::vector<Key> make_keys() {
  std::vector<Key> all;
  for (const EffectKind& effect : effects()) {
    for (const EffectKey& key : effect.keys) all.push_back(of_effect(effect.name, key));
  }
  // those of the instrument of 2015 keep their meaning
  const std::vector<Key> first = {
      on_show("c", "camera or other input off, and on again", [](Show& s) { s.toggle_camera(); }),
      on_desk("i", "new noise: the picture starts again", [](Desk& d) { d.new_noise(); }),
      on_desk("w", "new random weights, fading in", [](Desk& d) { d.new_weights(); }),
      on_window("n", "load weights from a file", [](WindowWishes& w) { w.load_weights = true; }),
      on_show("f", "snapshot: save the picture as PNG", [](Show& s) { s.snapshot(); }),

      on_desk("Right", "next preset", [](Desk& d) { d.step(1); }),
      on_desk("Left", "previous preset", [](Desk& d) { d.step(-1); }),
  };
  all.insert(all.end(), first.begin(), first.end());
  for (int n = 1; n <= 9; ++n) {
    all.push_back(
        {std::to_string(n), n == 1 ? "1 to 9: preset by number" : "", [n](Show& show, WindowWishes&) {
           return show.desk().load_number(static_cast<size_t>(n - 1)), true;
         }});
  }
  const std::vector<Key> more = {
      on_desk("r", "randomize everything that is not locked", [](Desk& d) { d.randomize(); }),
      on_window("o", "offspring: eight children of what plays, to click on; and back",
                [](WindowWishes& w) { w.breed = true; }),
      on_desk("Backspace", "revert to the preset as loaded", [](Desk& d) { d.reset_all(); }),
      on_desk("Ctrl+Z", "undo", [](Desk& d) { d.undo(); }),
      on_desk("Ctrl+Y", "redo; Ctrl+Shift+Z too", [](Desk& d) { d.redo(); }),
      on_desk("Ctrl+Shift+Z", "", [](Desk& d) { d.redo(); }),
      {"Ctrl+S", "save the preset under its name, as one of your own",
       [](Show& show, WindowWishes&) {
         return show.say("saved " + show.desk().save(show.desk().chain().name()).string()), true;
       }},
      on_show("PageDown", "next of the setlist, with its own fade", [](Show& s) { s.setlist_step(1); }),
      on_show("PageUp", "previous of the setlist", [](Show& s) { s.setlist_step(-1); }),
      on_show("g", "favourite, and no more: marks what plays", [](Show& s) { toggle_favourite(s); }),
      on_desk("e", "cue the next preset for the crossfader; its neighbour when pressed again",
              [](Desk& d) { d.cue_step(1); }),
      on_desk(",", "crossfader a step to the left", [](Desk& d) { nudge(d, "set.crossfader", -1); }),
      on_desk(".", "crossfader a step to the right", [](Desk& d) { nudge(d, "set.crossfader", 1); }),
      on_desk("Ctrl+,", "input fader a step towards A", [](Desk& d) { nudge(d, "set.input_fade", -1); }),
      on_desk("Ctrl+.", "input fader a step towards B", [](Desk& d) { nudge(d, "set.input_fade", 1); }),
      on_desk("b", "blackout, and back", [](Desk& d) { d.blackout(!d.is_black()); }),
      on_desk("z", "freeze the picture, and let it go on", [](Desk& d) { d.freeze(!d.is_frozen()); }),
      on_show("x", "panic: all back to the preset's start, at once", [](Show& s) { s.panic(); }),
      on_desk("Space", "pause the clip that comes in, and let it go on", [](Desk& d) { d.pause_input(); }),
      on_desk("j", "in: the range of the clip begins here",
              [](Desk& d) { d.play_input({.from = PlayInput::kNow}); }),
      on_desk("k", "out: the range of the clip ends here",
              [](Desk& d) { d.play_input({.to = PlayInput::kNow}); }),
      on_desk("h", "whole: the clip has no range", [](Desk& d) { d.play_input(PlayInput::whole()); }),
      on_show("v", "start/stop recording", [](Show& s) { s.toggle_recording(); }),
      on_show("t", "tap tempo, four times or more", [](Show& s) { s.tap(); }),
      on_show("d", "downbeat: a bar begins now", [](Show& s) { s.downbeat(); }),
      on_window("Tab", "show/hide the panels", [](WindowWishes& w) { w.panels = !w.panels; }),
      on_window("F11", "full screen on/off", [](WindowWishes& w) { w.full_screen = !w.full_screen; }),
      on_window("F12", "move to the next display", [](WindowWishes& w) { w.next_display = true; }),
      on_window("Escape", "close a list or the help; else leave full screen",
                [](WindowWishes& w) { w.help ? w.help = false : w.full_screen = false; }),
      on_window("Ctrl+Plus", "larger panels; Ctrl+Minus: smaller; Ctrl+0: as the display is set",
                [](WindowWishes& w) { ++w.scale_steps; }),
      on_window("Ctrl+Minus", "", [](WindowWishes& w) { --w.scale_steps; }),
      on_window("Ctrl+0", "", [](WindowWishes& w) { w.scale = 0; }),
      on_window("?", "all keys", [](WindowWishes& w) { w.help = !w.help; }),
      on_window("Ctrl+Q", "end the set", [](WindowWishes& w) { w.quit = true; }),
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> all = make_keys();
  return all;
}

bool press(const std::string& name, Show& show, WindowWishes& wishes) {
  for (const Key& key : keys()) {
    if (key.name != name) continue;
    bool acted = true;
    show.try_to([&] { acted = key.act(show, wishes); });
    if (acted) return true;
  }
  return false;
}

}  // namespace reverie
