#include "discover/breeder.h"

#include <algorithm>
#include <utility>

#include "control/variation.h"
#include "core/low_priority.h"
#include "core/parallel.h"
#include "core/stop.h"
#include "discover/children.h"

namespace reverie {
namespace {

constexpr std::chrono::milliseconds kWatched(500);  // after a look
constexpr std::chrono::milliseconds kEvery(80);     // from one picture of a child to the next
constexpr std::chrono::milliseconds kStint(10);     // of work, and then a rest as long
constexpr std::chrono::milliseconds kLongestRest(100);
constexpr int kSecond = 30;  // frames, over which its change is measured
constexpr int kAdult = kFirstLook + kSecond;
constexpr double kStrange = 0.25;  // chance that the other parent is a preset of the tree
constexpr int kMostDeaths = 12;
constexpr int kRaised = 3;  // turns of those that grow for one of those that are grown

}  // namespace

// Only the thread touches it.
struct Breeder::Young {
  std::shared_ptr<const Preset> parent;
  std::set<std::string> kept;
  Random draws;
  Preset preset = *parent;
  std::unique_ptr<SmallPlay> play = nullptr;
  Life life = {};

  void be_born(const std::vector<Preset>& strangers, const LifeOptions& how, const PictureFiles& files);

  bool adult() const { return play && play->frame() > kAdult; }

  // One frame, or the three with which it is grown.  Its death is in life.
  void step() {
    play->next();
    const int frame = play->frame();
    if (frame > kAdult) return;
    if (frame > kFirstLook) life.change += play->change() / kSecond;
    if (frame == kFirstLook) life.death = death_of(*play, play->change());
    if (frame != kAdult) return;
    life.death = death_of(*play, life.change);
    if (life.death.empty()) look_at(*play, 1, life);
  }
};

Breeder::Breeder(PictureFiles files, LifeOptions how, bool alone)
    : files_(std::move(files)), how_(std::move(how)), alone_(alone) {}

Breeder::~Breeder() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Breeder::breed(const Preset& parent, uint64_t seed, const std::set<std::string>& kept) {
  const std::lock_guard lock(mutex_);
  parent_ = std::make_shared<const Preset>(parent);
  seed_ = seed;
  kept_ = kept;
  for (Cradle& c : cradles_) c = {};
  changed_.notify_all();
}

void Breeder::replace(int place) {
  const std::lock_guard lock(mutex_);
  Cradle& c = cradles_.at(static_cast<size_t>(place));
  const uint64_t tries = c.tries;
  c = {};
  c.tries = tries;
  changed_.notify_all();
}

std::array<Breeder::Shown, Breeder::kChildren> Breeder::look() {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  const bool waits = Clock::now() - looked_ > kWatched;
  looked_ = Clock::now();
  if (waits) changed_.notify_all();
  std::array<Shown, kChildren> all;
  for (size_t i = 0; i < all.size(); ++i) all[i] = {cradles_[i].picture, cradles_[i].grown, cradles_[i].none};
  return all;
}

std::optional<Breeder::Child> Breeder::child(int place) const {
  const std::lock_guard lock(mutex_);
  return cradles_.at(static_cast<size_t>(place)).child;
}

int64_t Breeder::frames() const {
  const std::lock_guard lock(mutex_);
  return frames_;
}

// The first child still growing; every fourth turn, the grown one that has waited longest for its picture.
std::optional<size_t> Breeder::next_cradle() const {
  std::optional<size_t> grown, raised;
  const Clock::time_point now = Clock::now();
  for (size_t i = 0; i < cradles_.size(); ++i) {
    const Cradle& c = cradles_[i];
    if (c.child) {
      if (c.due <= now && (!grown || c.due < cradles_[*grown].due)) grown = i;
    } else if (!c.none && !raised) {
      raised = i;
    }
  }
  return grown && (raised_ >= kRaised || !raised) ? grown : raised;
}

// When the next picture is due, if anybody still looks.
Breeder::Clock::time_point Breeder::wake() const {
  Clock::time_point at = looked_ + kWatched;
  for (const Cradle& c : cradles_) {
    if (c.child) at = std::min(at, c.due);
  }
  return at;
}

void Breeder::Young::be_born(const std::vector<Preset>& strangers, const LifeOptions& how,
                             const PictureFiles& files) {
  Random choice = draws.split(1);
  preset = next_child(*parent, *parent, strangers, kStrange, choice, draws.split(2));
  for (const std::string& name : kept)
    copy_value(preset.values.table()[preset.values.table().index(name)], *parent, preset.values);
  play = std::make_unique<SmallPlay>(preset, how, files);
}

// What a cradle shows of the one in it.
void Breeder::published(Cradle& cradle, const Young& young, std::shared_ptr<const Planes> picture) {
  if (!young.life.death.empty()) {
    cradle.young.reset();
    cradle.picture.reset();
    cradle.child.reset();
    cradle.grown = 0;
    cradle.none = ++cradle.deaths >= kMostDeaths;
    return;
  }
  cradle.grown = std::min(1.0, young.play->frame() / static_cast<double>(kAdult));
  if (!young.adult()) return;
  if (!cradle.child) cradle.child = Child{young.preset, young.life};
  cradle.picture = std::move(picture);
  cradle.due = Clock::now() + kEvery;
}

// Holds the mutex for moments only: a window of higher priority may wait for it.
void Breeder::work() {
  if (!alone_) lower_priority();
  const BackgroundWork beside;
  strangers_ = possible_parents();
  Clock::time_point begun = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (!parent_ || Clock::now() - looked_ > kWatched) {
      changed_.wait(lock);
      begun = Clock::now();
      continue;
    }
    const std::optional<size_t> place = next_cradle();
    if (!place) {
      changed_.wait_until(lock, wake());
      begun = Clock::now();
      continue;
    }
    Cradle& cradle = cradles_[*place];
    raised_ = cradle.child ? 0 : raised_ + 1;
    if (!cradle.young) {
      const Random draws = Random(seed_).split(*place).split(cradle.tries++);
      cradle.young = std::make_shared<Young>(Young{parent_, kept_, draws});
    }
    const std::shared_ptr<Young> young = cradle.young;
    lock.unlock();
    std::shared_ptr<const Planes> picture;
    try {
      if (!young->play) young->be_born(strangers_, how_, files_);
      young->step();
      if (young->adult()) picture = std::make_shared<const Planes>(young->play->picture());
    } catch (const Stopped&) {
      return;
    } catch (const std::exception&) {
      young->life.death = "impossible";  // what it was built from does not fit
    }
    lock.lock();
    ++frames_;
    if (cradle.young == young) published(cradle, *young, std::move(picture));
    const auto worked = Clock::now() - begun;
    if (alone_ || worked < kStint) continue;
    changed_.wait_for(lock, std::min<Clock::duration>(worked, kLongestRest), [this] { return stop_; });
    begun = Clock::now();
  }
}

}  // namespace reverie
