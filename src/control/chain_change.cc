#include "control/chain_change.h"

#include <algorithm>

namespace reverie {
namespace {

bool same(const Part& a, const Part& b) {
  return a.seed == b.seed && a.preset.name == b.preset.name &&
         format_preset(a.preset) == format_preset(b.preset);
}

// The names of `all` that are among `some`, in the order of `all`.
std::vector<std::string> common(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  std::vector<std::string> out;
  for (const std::string& name : all) {
    if (std::find(some.begin(), some.end(), name) != some.end()) out.push_back(name);
  }
  return out;
}

}  // namespace

std::string event_part(const Chain& chain, const std::string& part) {
  return chain.parts.size() == 1 ? "" : part;
}

std::vector<Event> replacing(const Chain& from, const Chain& to, double fade) {
  if (from.part_names() != to.part_names()) return {ChangeChain{to, fade}};
  std::vector<Event> events;
  for (size_t i = 0; i < to.parts.size(); ++i) {
    const Part& part = to.parts[i];
    if (to.parts.size() == 1 || !same(from.parts[i], part))
      events.emplace_back(ChangePreset{part.preset, part.seed, fade, event_part(to, part.name)});
  }
  return events;
}

std::vector<Event> stepping(const Chain& from, const Chain& to, double fade) {
  const std::vector<std::string> before = from.part_names();
  const std::vector<std::string> after = to.part_names();
  std::vector<std::string> kept = common(before, after);
  const bool moves = kept != common(after, before);
  if (before == after || kept.empty() || (moves && kept.size() != before.size()))
    return replacing(from, to, fade);
  std::vector<Event> events;
  for (const std::string& name : before) {
    if (!to.find(name)) events.emplace_back(RemovePart{name, fade});
  }
  for (size_t i = 0; i < to.parts.size(); ++i) {
    const Part& part = to.parts[i];
    const auto place = static_cast<std::ptrdiff_t>(i);
    if (i < kept.size() && kept[i] == part.name) {
      if (!same(from.part(part.name), part))
        events.emplace_back(ChangePreset{part.preset, part.seed, fade, part.name});
    } else if (from.find(part.name)) {
      std::erase(kept, part.name);
      kept.insert(kept.begin() + place, part.name);
      events.emplace_back(MovePart{part.name, static_cast<int>(i), fade});
    } else {
      kept.insert(kept.begin() + place, part.name);
      events.emplace_back(AddPart{part, static_cast<int>(i), fade});
    }
  }
  return events;
}

}  // namespace reverie
