// A chain: parts in order.  The first part sees the input, every next one the picture of the part before.
//
// A preset file may hold a chain in place of one effect's values:
//
//   about = "smoke behind glass"
//   input = "optional"                     # default: what the first part needs
//   chain = ["smoke", "veil", {effect = "grade", name = "light"}]
//                                          # presets by name, {preset = ...} or {effect = ...}, with a name
//   [part.light.parameters]                # values of a part, over those of its preset
//   brightness = 0.1
//   [[part.feedback-2.lfo]]                # and all else that a preset may say but about, effect and parent
//   parameter = "zoom"
//
// A part is named by its effect ("feedback"; the second one "feedback-2") unless the file gives a name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/preset.h"

namespace reverie {

inline constexpr size_t kMostParts = 16;

// An effect with a preset under a name.
struct Part {
  std::string name;  // letters, digits, - and _
  Preset preset;
  uint64_t seed = 0;  // of its draws; given by draw_seeds() or by whoever adds the part to a set
};

struct Chain {
  Chain(Preset preset);  // NOLINT(google-explicit-constructor): a preset is a chain of one part

  std::string given_name;      // of a file that holds a chain; empty: named by its parts
  std::string about;           // of such a file
  std::filesystem::path path;  // of its file; empty where there is none
  std::optional<InputNeed> given_input = {};
  std::vector<Part> parts;  // at least one

  std::string name() const;  // "smoke", "smoke+veil"
  InputNeed input() const;
  // A preset and nothing else: what is told and written as before there were chains.
  bool plain() const;

  const Part* find(std::string_view part) const;  // null where there is none
  Part* find(std::string_view part);
  // The part of this name, the first one for ""; Error with the nearest.
  const Part& part(std::string_view name) const;
  Part& part(std::string_view name);
  std::vector<std::string> part_names() const;
};

// Error for what cannot be a part's name.
void check_part_name(std::string_view name);

// "feedback", or "feedback-2" where that is taken.
std::string free_part_name(const Chain& chain, const std::string& effect);

// Adds the parts of another chain at the end; those without a free name get another.
void append(Chain& chain, Chain more);

// The files that its presets name and that are there.
std::vector<std::string> files_of(const Chain& chain);

// The first part draws from the set's seed, as it would alone; every other one from that seed and its name.
void draw_seeds(Chain& chain, uint64_t seed);
uint64_t part_seed(uint64_t seed, std::string_view part);

// Which parameter of which part is meant by "zoom", "zoom.2", "veil.zoom" or "veil.zoom.2"; without a part
// the first that has it.  Error with the nearest names.
struct Address {
  std::string part, name;  // "veil", "zoom.2"
  std::string parameter;   // "zoom"
};
Address find_address(const Chain& chain, std::string_view text);

// As override_value() of a preset, with such an address.
void override_value(Chain& chain, std::string_view address, std::string_view value);

// The chain that a file holds, or one part with its preset.
Chain load_chain(const std::string& name_or_path);
// Several one after the other, as on a command line; one is load_chain().
Chain load_chain(const std::vector<std::string>& names);

// As parse_preset() for either kind of file.  preset_loader gives the chain of a preset's name.
Chain parse_chain(std::string_view text, const std::string& file_name,
                  const std::function<Chain(const std::string&)>& preset_loader);

// The whole chain, as TOML; a plain one as format_preset() writes it.  parse_chain() makes the same of it, to
// the last bit.
std::string format_chain(const Chain& chain);

// found_from_anywhere() of every part.
Chain found_from_anywhere(Chain chain);

}  // namespace reverie
