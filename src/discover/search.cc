#include "discover/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "discover/children.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetween(5);       // from one call of `changed` to the next
constexpr std::chrono::milliseconds kGlance(50);  // from one look for who has joined to the next
constexpr double kGoals = 0.5;                    // chance that a try has a goal
constexpr size_t kNearest = 4;                    // finds from which its parents are chosen
constexpr double kStranger = 0.1;                 // chance that the other parent is a preset of the tree
constexpr int kHeirs = 8;                         // children of each preset of `from` before the map leads

Preset beginning(const std::string& name) {
  Chain chain = load_chain(name);
  if (const std::string why = why_no_children(chain); !why.empty()) throw Error("search from", name, why);
  return std::move(chain.parts.front().preset);
}

class Search {
 public:
  Search(Archive& archive, const SearchOptions& options, const PictureFiles& files,
         const std::function<void(Archive&, const SearchReport&)>& changed)
      : archive_(archive), options_(options), files_(files), changed_(changed), next_(archive.next_number()) {
    for (const std::string& name : archive.settings().from) from_.push_back(beginning(name));
    if (from_.empty()) throw Error("search", "", "there is no preset to begin from");
    strangers_ = possible_parents();
  }

  SearchReport run() {
    begin_ = shown_ = Clock::now();
    std::vector<std::thread> others;
    for (int i = 1; i < search_threads(options_.workers); ++i) others.emplace_back([this] { work(); });
    if (options_.joined) others.emplace_back([this] { welcome(); });
    work();
    for (std::thread& t : others) t.join();
    if (failure_) std::rethrow_exception(failure_);
    changed_(archive_, report_);
    return report_;
  }

 private:
  struct Try {
    int64_t number = 0;
    Preset preset;
  };

  // Tries one after the other, here or there, until the search is over or there is nobody there.
  void work(RemoteThread* there = nullptr) {
    try {
      for (;;) {
        std::optional<Try> now;
        std::vector<double> bars;
        {
          const std::lock_guard lock(mutex_);
          if (over()) return;
          now = make(next_++);
          if (there) bars = archive_.bars();
        }
        const std::optional<Life> life = there ? lived_there(*there, now->preset, bars) : lived(now->preset);
        if (!life) return;
        const std::lock_guard lock(mutex_);
        if (there) ++report_.tried_elsewhere;
        take({now->number, archive_.place_of(*life), *life, std::move(now->preset)});
      }
    } catch (const Stopped&) {
      // what it tried is lost
    } catch (...) {
      fail();
    }
  }

  // A thread here for each there.
  void welcome() {
    std::list<std::future<void>> threads;
    try {
      for (;;) {
        {
          const std::lock_guard lock(mutex_);
          if (over()) return;
        }
        threads.remove_if(
            [](auto& t) { return t.wait_for(Clock::duration::zero()) == std::future_status::ready; });
        if (std::shared_ptr<RemoteThread> there = options_.joined())
          threads.push_back(std::async(std::launch::async, [this, there] { work(there.get()); }));
        else
          std::this_thread::sleep_for(kGlance);
      }
    } catch (...) {
      fail();
    }
  }

  void fail() {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }

  bool over() const {
    if (failure_ || stop_requested()) return true;
    if (options_.tries > 0 && next_ >= options_.tries) return true;
    return options_.minutes > 0 &&
           Clock::now() - begin_ > std::chrono::duration<double>(60 * options_.minutes);
  }

  Random draws(int64_t number) const {
    return Random(archive_.settings().seed).split(static_cast<uint64_t>(number));
  }

  Try make(int64_t number) const {
    const auto first = static_cast<int64_t>(from_.size());
    if (number < first) return {number, from_[static_cast<size_t>(number)]};
    Random choice = draws(number).split(1);
    const std::vector<const Find*> finds = archive_.finds();
    const Preset* parent = &from_[static_cast<size_t>(number % first)];
    const Preset* other = parent;
    if (number >= first * kHeirs && !finds.empty()) {
      const std::vector<const Find*> among = choice.uniform() < kGoals ? near_a_goal(finds, choice) : finds;
      parent = &drawn(among, choice)->preset;
      other = &drawn(among, choice)->preset;
    }
    return {number, next_child(*parent, *other, strangers_, kStranger, choice, draws(number).split(2))};
  }

  // One of them, with chances in proportion to how far they are to a person's taste.
  const Find* drawn(const std::vector<const Find*>& among, Random& choice) const {
    if (archive_.taste().verdicts().empty()) return among[choice.bits() % among.size()];
    std::vector<double> ends;
    ends.reserve(among.size());
    for (const Find* f : among)
      ends.push_back((ends.empty() ? 0 : ends.back()) + archive_.taste().factor(f->life));
    const auto at = std::upper_bound(ends.begin(), ends.end(), choice.uniform() * ends.back());
    return among[std::min<size_t>(static_cast<size_t>(at - ends.begin()), among.size() - 1)];
  }

  // The finds nearest to a cell where nobody has been; all of them where every cell is taken.
  std::vector<const Find*> near_a_goal(std::vector<const Find*> finds, Random& choice) const {
    std::vector<MapCell> empty;
    const int cells = archive_.settings().cells;
    for (int row = 0; row < cells; ++row) {
      for (int column = 0; column < cells; ++column) {
        if (!archive_.at({column, row})) empty.push_back({column, row});
      }
    }
    if (empty.empty()) return finds;
    const MapCell goal = empty[choice.bits() % empty.size()];
    const auto away = [&](const Find* f) {
      return std::hypot(f->place.column - goal.column, f->place.row - goal.row);
    };
    std::stable_sort(finds.begin(), finds.end(),
                     [&](const Find* a, const Find* b) { return away(a) < away(b); });
    finds.resize(std::min(finds.size(), kNearest));
    return finds;
  }

  Life lived(const Preset& preset) {
    return life_of(preset, archive_.settings().life, files_, [this](const Life& so_far) {
      const std::lock_guard lock(mutex_);
      return !archive_.takes(archive_.place_of(so_far), so_far);
    });
  }

  static std::optional<Life> lived_there(RemoteThread& there, const Preset& preset,
                                         const std::vector<double>& bars) {
    try {
      return there.live(preset, bars);
    } catch (const Error& e) {
      warning(e.what());
      return {};
    }
  }

  void take(Find find) {
    ++archive_.tries;
    ++report_.tried;
    find.preset.name = find.name();
    find.preset.about =
        fmt::format("found: {} {:.2g}, {} {:.2g}", archive_.x().name, archive_.x().value(find.life),
                    archive_.y().name, archive_.y().value(find.life));
    const std::string death = find.life.death;
    if (archive_.add(std::move(find))) {
      ++report_.kept;
    } else {
      ++report_.deaths[death.empty() ? kSurpassed : death];
    }
    if (Clock::now() - shown_ < kBetween) return;
    changed_(archive_, report_);
    shown_ = Clock::now();
  }

  Archive& archive_;
  const SearchOptions& options_;
  const PictureFiles& files_;
  const std::function<void(Archive&, const SearchReport&)>& changed_;
  std::vector<Preset> from_, strangers_;
  std::mutex mutex_;  // of all below, and of the archive
  int64_t next_;      // number of the next try
  SearchReport report_;
  Clock::time_point begin_, shown_;
  std::exception_ptr failure_;
};

}  // namespace

int search_threads(int asked) {
  return asked > 0 ? asked : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Life life_of(const Preset& preset, const LifeOptions& options, const PictureFiles& files,
             const std::function<bool(const Life& so_far)>& hopeless) {
  try {
    return live(preset, options, files, hopeless);
  } catch (const Error&) {
    Life none;
    none.death = "impossible";  // what it was built from does not fit
    return none;
  }
}

SearchReport search(Archive& archive, const SearchOptions& options, const PictureFiles& files,
                    const std::function<void(Archive& archive, const SearchReport& report)>& changed) {
  return Search(archive, options, files, changed).run();
}

}  // namespace reverie
