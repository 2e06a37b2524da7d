// The parts of a chain that plays.  Internal to ChainPlayer.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/chain_player.h"
#include "core/error.h"

namespace reverie {

struct ChainPlayer::Slot {
  std::string name;
  std::unique_ptr<Player> player;
  Planes picture = {};
  Ramp presence = {};
  std::vector<std::string> wanted = {};  // its signals that something follows
  double fade = 0;                       // of its beginning, or of the move
  bool begins = false, leaves = false, moves = false;

  void fade_to(double share, double seconds, double now_at) { presence = {now_at, share, seconds, {}}; }
};

struct ChainPlayer::Rack {
  std::vector<std::unique_ptr<Slot>> slots;
  std::vector<std::string> order;  // of the parts that stay, as they will stand
  ToldSignals told;
  double now = 0;  // seconds of the last frame
  Planes picture;
  std::string given_name;

  Slot* find(const std::string& part) {
    if (part.empty())
      return slots.empty() ? nullptr : find(order.empty() ? slots.front()->name : order.front());
    for (const auto& slot : slots) {
      if (slot->name == part) return slot.get();
    }
    return nullptr;
  }
  Slot& get(const std::string& part) {
    if (Slot* slot = find(part)) return *slot;
    throw Error(fmt::format("there is no part '{}'", part));
  }
  Chain chain() const {
    const auto find = [&](const std::string& name) -> const Slot& {
      return **std::find_if(slots.begin(), slots.end(), [&](const auto& s) { return s->name == name; });
    };
    Chain all(find(order.front()).player->preset());
    all.parts.clear();
    for (const std::string& name : order) {
      const Player& player = *find(name).player;
      all.parts.push_back({name, player.preset(), player.seed()});
    }
    all.given_name = given_name;
    return all;
  }
  // A process is being made for a part: to wait for it would hold up the picture.
  bool busy() const {
    return std::any_of(slots.begin(), slots.end(), [](const auto& slot) { return slot->player->busy(); });
  }
  // Who follows a signal may have changed.
  void listen() {
    for (const auto& slot : slots) slot->wanted.clear();
    for (const auto& listener : slots) {
      for (const Follower& f : listener->player->preset().followers) {
        const size_t dot = f.signal.find('.');
        if (dot == std::string::npos) continue;
        if (Slot* teller = find(f.signal.substr(0, dot))) teller->wanted.push_back(f.signal.substr(dot + 1));
      }
    }
  }
  // The parts as `order` says; one that leaves stays behind the one it follows.
  void sort() {
    std::vector<std::unique_ptr<Slot>> sorted;
    const auto place = [&](const Slot& slot) {
      return std::find(order.begin(), order.end(), slot.name) - order.begin();
    };
    std::vector<std::ptrdiff_t> places;
    for (const auto& slot : slots)
      places.push_back(slot->leaves ? (places.empty() ? -1 : places.back()) : place(*slot));
    std::vector<size_t> by(slots.size());
    for (size_t i = 0; i < by.size(); ++i) by[i] = i;
    std::stable_sort(by.begin(), by.end(), [&](size_t a, size_t b) { return places[a] < places[b]; });
    for (const size_t i : by) sorted.push_back(std::move(slots[i]));
    slots = std::move(sorted);
  }
  // What has faded out goes, or goes to its new place.
  void settle(double seconds) {
    now = seconds;
    bool sorts = false;
    for (const auto& slot : slots) {
      if (!slot->moves || (slot->presence.at(seconds) > 0 && slot->player->plays())) continue;
      slot->moves = false;
      slot->fade_to(1, slot->fade / 2, 0);
      sorts = true;
    }
    if (sorts) sort();
    std::erase_if(slots, [&](const auto& slot) {
      const bool gone = slot->leaves && !slot->player->busy() &&
                        (slot->presence.at(seconds) <= 0 || !slot->player->plays());
      if (gone) std::erase_if(told, [&](const auto& t) { return t.first.starts_with(slot->name + "."); });
      return gone;
    });
  }
};

}  // namespace reverie
