// What children are made of.
#pragma once

#include <string>
#include <vector>

#include "control/chain.h"
#include "core/random.h"

namespace reverie {

// Why this can have no children: several parts, an input or a network that it needs.  Empty: it can.
std::string why_no_children(const Chain& chain);

// All presets there are that can.
std::vector<Preset> possible_parents();

// A child of two; at times, by this chance, of the first and of one of the strangers instead.  Parents of
// different effects have children by the first alone.
Preset next_child(const Preset& parent, const Preset& other, const std::vector<Preset>& strangers,
                  double strange, Random& choice, const Random& draws);

// The parameters in which a child differs from its parent; "LFOs" where those do.
std::vector<std::string> differences(const Preset& parent, const Preset& child);

}  // namespace reverie
