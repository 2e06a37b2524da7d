// The events that lead from one chain to another.
#pragma once

#include <vector>

#include "control/event.h"

namespace reverie {

// The part that an event names: none where there is only one, as in sets before there were chains.
std::string event_part(const Chain& chain, const std::string& part);

// From what plays to what is wanted, both with the seeds of their parts.  Parts of the same names in the same
// order change in place; else the whole chain does.
std::vector<Event> replacing(const Chain& from, const Chain& to, double fade);

// The same, but where parts only came, went or moved, they alone do so: one step of undo.
std::vector<Event> stepping(const Chain& from, const Chain& to, double fade);

}  // namespace reverie
