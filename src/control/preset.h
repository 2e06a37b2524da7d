// Presets: TOML files of values for one effect, and of what moves them.
//
//   about = "ribbons of smoke"   # one line, shown by `reverie presets`
//   effect = "feedback"          # the default; or chain = [...] in place of one effect: see chain.h
//   parent = "_smoke"            # a preset whose values and modulations are inherited
//   modulate = true              # false: none of the parent's modulations
//   input = "none"               # or optional, required: what it is made for; default: none, or the parent's
//
//   [parameters]
//   zoom = [1.0, 1.01]           # a number, or a list from level 0 up; a word; true; a text
//
//   [[lfo]]                      # value = base + depth * wave(seconds / period + phase)
//   parameter = "zoom"
//   shape = "sine"               # triangle, saw, square, hold (random steps), smooth (random curve)
//   period = 8                   # seconds; or rate = 0.125 (Hz), or beats = 4 (of the tempo)
//   depth = 0.01                 # in the parameter's unit
//   phase = 0.25                 # 0 to 1; default 0
//   levels = [0, 2]              # default all
//   seed = 7                     # of hold and smooth; default: from the render's seed and the place in the
//   list
//
//   [[sound]]                    # value = base + depth * feature, which is 0 in silence and at most 1
//   parameter = "advect"
//   follows = "bass"             # level, bass (below 250 Hz), mid, treble (above 2 kHz), onset (a pulse);
//                                # or a signal of a part of the chain, such as "grade.brightness"
//   depth = 0.8                  # in the parameter's unit
//   attack = 0.02                # seconds to rise; default 0
//   release = 0.3                # seconds to fall; default 0.2
//   levels = [0]                 # default all
//
//   [[keyframes]]                # replace the base value; LFOs and sound are added
//   parameter = "hue"
//   at = [0, 2.5, 10]            # seconds, ascending
//   value = [0, 8, 0]
//   ease = "smooth"              # step, linear, smooth, in, out; or a list, one for each segment
//   repeat = true                # loop; default false
//   levels = [1]                 # default all; if two keyframes share a level, the later entry wins
//
//   [[map]]                      # value + depth * (2 * brightness - 1) over the frame
//   parameter = "sblur"
//   picture = "radial"           # horizontal, vertical, checker, noise, "input", or a picture file
//   depth = 0.3
//   invert = false
//
// A child overrides its parent: a value replaces the parent's value, and any keyframes that would hide it; a
// parameter that the child modulates in any way loses all of its parent's modulations.
//
// A choice counts by the index of its word, from 0; keyframes of a choice or a flag can only step.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/modulators.h"
#include "core/effect_kind.h"

namespace reverie {

// The words of InputNeed in its order.
const std::vector<std::string>& input_need_words();

// A preset with its parents already merged.
struct Preset {
  // The effect's defaults; empty: of the first effect.  Error for an unknown one.
  explicit Preset(const std::string& effect_name = "");

  std::string name;  // "smoke"
  std::string about;
  std::string effect;
  std::filesystem::path path;                         // of its file; empty if there is none
  std::filesystem::path folder;                       // searched first for the files it names
  std::vector<std::filesystem::path> parent_folders;  // ... and then
  InputNeed input;
  ParameterValues values;
  std::vector<Lfo> lfos;
  std::vector<Follower> followers;  // sound followers
  std::vector<Keyframes> keyframes;
  std::vector<MapSpec> maps;
};

// Reads a preset; any bytes are safe. file_name: for errors, and for the preset's name and folder.
// parent_loader returns the preset for a parent's name.  Error "FILE:LINE: why" for anything wrong.
Preset parse_preset(std::string_view text, const std::string& file_name,
                    const std::function<Preset(const std::string&)>& parent_loader);

// The whole preset without its parents, as TOML: everything that differs from the defaults, and the
// modulations. parse_preset() gives exactly the same preset again.
std::string format_preset(const Preset& preset);

// Sets a value as on the command line ("zoom", "1.5"; "zoom.2", "1"), and removes any keyframes that would
// hide it.
void override_value(Preset& preset, std::string_view name, std::string_view value);

// A preset by file (ends in .toml or has a folder in it) or by name in preset_folders().
Preset load_preset(const std::string& name_or_path);

struct PresetEntry {
  std::string name, about;
  std::vector<std::string> effects;  // of its parts
  InputNeed input = InputNeed::kNone;
  std::filesystem::path path;
  std::string error;  // why the file cannot be used; empty if it can
};

// All presets of preset_folders() by name, except those whose names begin with "_": bases for others, to be
// loaded but not listed.
std::vector<PresetEntry> list_presets();

// Where presets are searched; the first folder that has one wins: $REVERIE_PRESETS; reverie/presets in
// $XDG_CONFIG_HOME or ~/.config; those of the installation (installed_folders()).
std::vector<std::filesystem::path> preset_folders();

// A file or folder that a preset names: a palette, weights, a map.  Searched as an absolute path; in the
// preset's folder and its parents'; in preset_folders(); as palettes/NAME.png or .jpg in all of these; in the
// current folder.  Error that says where, with the nearest palette.
std::filesystem::path find_asset(const Preset& preset, const std::string& name);

// The files that a preset names and that are there: palettes, weights, pictures.
std::vector<std::string> files_of(const Preset& preset);

// The same preset, with files that it names next to itself replaced by their absolute paths, so that it can
// be written elsewhere.
Preset found_from_anywhere(Preset preset);

}  // namespace reverie
