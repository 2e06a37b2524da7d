#include "discover/crew.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/limits.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"
#include "discover/messages.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenLooks(200), kGlance(20);
constexpr int kPatience = kCrewSilence / kBetweenLooks;  // looks

}  // namespace

struct Crew::Member {
  int64_t number = 0;
  int rank = 0;
  std::string beat;
  int silent = 0;                  // looks without another beat; time would count while this machine sleeps
  std::atomic<bool> gone = false;  // or it has left
  std::atomic<int> living = 0;     // tries
};

class Crew::Thread : public RemoteThread {
 public:
  Thread(KeyValueStore& store, std::shared_ptr<Member> member, int index, int size)
      : store_(store), member_(std::move(member)), index_(index), size_(size) {}

  std::optional<Life> live(const Preset& preset, const std::vector<double>& bars) override {
    try {
      store_.set(SearchKeys::next_try(member_->number, index_), format_try(preset, bars));
      ++member_->living;
      const std::string key = SearchKeys::life(member_->number, index_);
      while (!member_->gone) {
        if (stop_requested()) throw Stopped();
        if (const std::optional<std::string> message = store_.get(key)) {
          --member_->living;
          store_.erase(key);
          return parse_life(*message, size_);
        }
        std::this_thread::sleep_for(kGlance);
      }
    } catch (const StoreGone&) {
      // whoever watches says so
    }
    return {};
  }

 private:
  KeyValueStore& store_;
  std::shared_ptr<Member> member_;
  int index_, size_;
};

Crew::Crew(KeyValueStore& store, const SearchSettings& settings, const CrewOptions& options)
    : store_(store), size_(settings.life.size), options_(options) {
  store.set(SearchKeys::kProgram, options.program);
  store.set(SearchKeys::kLikes, format_likes(settings.likes));
  if (settings.codes > 0) store.set(SearchKeys::kDescriber, options.describer);
  store.set(SearchKeys::kSettings, format_settings(settings));
  watch_ = std::jthread([this](const std::stop_token& closing) { watch(closing); });
}

Crew::~Crew() {
  end();
  const Clock::time_point latest = Clock::now() + kCrewSilence;
  while (!all_left_ && Clock::now() < latest) std::this_thread::sleep_for(kGlance);
}

std::unique_ptr<RemoteThread> Crew::joined() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return nullptr;
  std::unique_ptr<RemoteThread> next = std::move(free_.front());
  free_.pop_front();
  return next;
}

void Crew::end() {
  over_ = true;
}

void Crew::watch(const std::stop_token& closing) {
  try {
    bool told = false;
    while (!closing.stop_requested()) {
      store_.add(SearchKeys::beat(0), 1);
      if (over_ && !told) store_.set(SearchKeys::kOver, "1"), told = true;
      look();
      all_left_ = told && all_left();
      std::this_thread::sleep_for(kBetweenLooks);
    }
  } catch (const StoreGone& e) {
    if (!over_ && !stop_requested()) warning(fmt::format("{}; the search goes on alone", e.what()));
    for (const auto& m : members_) m->gone = true;
    all_left_ = true;
  }
}

void Crew::look() {
  const int64_t arrivals = store_.add(SearchKeys::kArrivals, 0);
  while (arrivals_ < arrivals) expected_.push_back(++arrivals_);
  std::erase_if(expected_, [&](int64_t number) {
    const std::optional<std::string> hello = store_.get(SearchKeys::hello(number));
    if (hello) greet(number, *hello);
    return hello.has_value();
  });
  for (const auto& m : members_) look_at(*m);
}

void Crew::greet(int64_t number, const std::string& hello) {
  const std::vector<std::string> words = split(hello, ' ');
  const auto number_at = [&](size_t i) { return static_cast<int>(to_number(words[i]).value_or(0)); };
  if (words.size() != 2) return;
  const int threads = std::clamp(number_at(1), 0, kMostThreads);
  auto member = std::make_shared<Member>();
  member->number = number;
  member->rank = number_at(0);
  members_.push_back(member);
  if (!options_.quiet && !over_)
    note(fmt::format("process {} has joined, with {}", member->rank, counted(threads, "thread")));
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < threads; ++i) free_.push_back(std::make_unique<Thread>(store_, member, i, size_));
}

void Crew::look_at(Member& m) {
  if (m.gone) return;
  if (store_.get(SearchKeys::left(m.number))) return lose(m, "has left");
  const std::string beat = store_.get(SearchKeys::beat(m.number)).value_or("");
  m.silent = beat == m.beat ? m.silent + 1 : 0;
  m.beat = beat;
  if (m.silent < kPatience) return;
  store_.set(SearchKeys::gone(m.number), "1");
  lose(m, "is gone");
}

void Crew::lose(Member& m, const char* how) const {
  const int lost = m.living;
  m.gone = true;
  if (over_ || stop_requested()) return;
  std::string line = fmt::format("process {} {}", m.rank, how);
  if (lost > 0) line += lost == 1 ? "; its try is lost" : fmt::format("; its {} tries are lost", lost);
  warning(line);
}

// Those that were started with it may still be loading.
bool Crew::all_left() const {
  const bool here =
      std::all_of(members_.begin(), members_.end(), [](const auto& m) { return m->gone.load(); });
  const bool came = static_cast<int>(members_.size()) >= options_.others || stop_requested() ||
                    Clock::now() - begin_ > kCrewSilence;
  return here && came && expected_.empty();
}

}  // namespace reverie
