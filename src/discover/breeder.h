// Children of a preset, raised and played in small beside a set.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "discover/life.h"

namespace reverie {

// One thread of low priority, which rests at least as long as it works.  A child plays from its first frame;
// after kFirstLook frames, and once more a second later, what is dead makes way for another.
class Breeder {
 public:
  static constexpr int kChildren = 8;
  struct Child {
    Preset preset;
    Life life;  // its first seconds; without novelty
  };
  struct Shown {
    std::shared_ptr<const Planes> picture;  // null: not grown yet
    double grown = 0;                       // 0..1
    bool none = false;                      // too many died one after the other: there is none
  };

  // alone: there is no set beside it; at full speed.
  explicit Breeder(PictureFiles files, LifeOptions how = {.kernel = "cpu"}, bool alone = false);
  ~Breeder();
  Breeder(const Breeder&) = delete;
  Breeder& operator=(const Breeder&) = delete;

  // New children of this one, which have the parameters that are kept from it; by the seed.
  void breed(const Preset& parent, uint64_t seed, const std::set<std::string>& kept = {});
  // Another in this one's place.
  void replace(int place);
  // They grow and move for as long as somebody looks: half a second after the last look the thread waits.
  std::array<Shown, kChildren> look();
  std::optional<Child> child(int place) const;  // nothing before it is grown
  int64_t frames() const;                       // played in all

 private:
  using Clock = std::chrono::steady_clock;
  struct Young;
  struct Cradle {
    std::shared_ptr<Young> young;  // null: a new one is next
    std::shared_ptr<const Planes> picture;
    std::optional<Child> child;
    double grown = 0;
    uint64_t tries = 0;  // children that were begun here
    int deaths = 0;      // since one lived
    bool none = false;
    Clock::time_point due = {};  // of its next picture
  };

  void work();
  std::optional<size_t> next_cradle() const;
  Clock::time_point wake() const;
  static void published(Cradle& cradle, const Young& young, std::shared_ptr<const Planes> picture);

  PictureFiles files_;
  LifeOptions how_;
  const bool alone_;
  std::vector<Preset> strangers_;  // the thread's own
  mutable std::mutex mutex_;       // of all below
  std::condition_variable changed_;
  std::shared_ptr<const Preset> parent_;
  std::set<std::string> kept_;
  uint64_t seed_ = 0;
  std::array<Cradle, kChildren> cradles_;
  Clock::time_point looked_ = {};
  int64_t frames_ = 0;
  int raised_ = 0;  // turns, since a grown one had one
  bool stop_ = false;
  std::thread thread_;  // from the first look on
};

}  // namespace reverie
