// What a chain needs beforehand, and what it needs to go on in another process.
#include "control/chain_rack.h"

namespace reverie {

double ChainPlayer::bytes_ahead() const {
  double sum = 0;
  for (const auto& slot : racks_.back()->slots) sum += slot->player->bytes_ahead();
  return sum;
}

bool ChainPlayer::looks_ahead() const {
  return racks_.back()->slots.front()->player->looks_ahead();
}

void ChainPlayer::look_ahead(const Planes& picture) {
  racks_.back()->slots.front()->player->look_ahead(picture);
}

void ChainPlayer::save(State& to) const {
  const Rack& rack = *racks_.back();
  if (racks_.size() > 1 || job_ || cued_ || rack.busy())
    throw Error("keep", "the state of a chain", "it is changing");
  for (const auto& slot : rack.slots) {
    State part;
    slot->player->save(part);
    to.put_part("part/" + slot->name, part);
  }
  for (const auto& [name, value] : rack.told) to.put_number("told/" + name, value);
}

void ChainPlayer::load(const State& from) {
  Rack& rack = *racks_.back();
  for (const auto& slot : rack.slots) slot->player->load(from.part("part/" + slot->name));
  const State told = from.part("told");
  for (const auto& [name, value] : told.all_texts()) rack.told.insert_or_assign(name, told.number(name));
}

}  // namespace reverie
