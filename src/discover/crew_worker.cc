#include "discover/crew_worker.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/toml_reader.h"
#include "discover/crew.h"
#include "discover/messages.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJoin = "join the search of process 0";
constexpr std::chrono::milliseconds kBetweenBeats(200), kGlance(20);
constexpr int kPatience = kCrewSilence / kGlance;  // glances: time would count while this machine sleeps

// Waits for it.
std::string value_of(KeyValueStore& store, const char* key) {
  for (;;) {
    if (stop_requested()) throw Stopped();
    if (std::optional<std::string> value = store.get(key)) return *value;
    std::this_thread::sleep_for(kGlance);
  }
}

SearchSettings joined_settings(KeyValueStore& store, const std::string& program) {
  const std::string text = value_of(store, SearchKeys::kSettings);
  const std::string other = value_of(store, SearchKeys::kProgram);
  if (other != program)
    throw Error(kJoin, "", fmt::format("that is {}, and this is {}", other, program),
                "install the same on all machines");
  const TomlNode root = parse_toml(text, SearchKeys::kSettings);
  SearchSettings settings = read_settings(TomlReader(root, SearchKeys::kSettings, settings_keys()));
  settings.likes = parse_likes(value_of(store, SearchKeys::kLikes), SearchKeys::kLikes);
  return settings;
}

// A file that a preset names by its whole path, where process 0 has it.
void check_files(const Preset& preset) {
  const auto check = [](const std::string& name) {
    std::error_code code;
    if (fs::path(name).is_absolute() && !fs::exists(name, code))
      throw Error("go on with", "the search", fmt::format("{} is not on this machine", name),
                  "copy it to the same path");
  };
  for (const Parameter& p : preset.values.table().all()) {
    if (p.kind == ParameterKind::kText) check(preset.values.text(p.name));
  }
  for (const MapSpec& map : preset.maps) check(map.picture);
}

class CrewWorker {
 public:
  CrewWorker(KeyValueStore& store, const CrewWorkerOptions& options, PictureFiles files)
      : store_(store),
        options_(options),
        files_(std::move(files)),
        archive_(joined_settings(store, options.program)),
        number_(store.add(SearchKeys::kArrivals, 1)) {
    if (archive_.settings().codes > 0)
      files_.describe = options.read_describer(value_of(store, SearchKeys::kDescriber));
  }

  void run() {
    const int count = search_threads(options_.threads);
    store_.set(SearchKeys::hello(number_), fmt::format("{} {}", options_.rank, count));
    std::vector<std::thread> threads;
    threads.emplace_back([this] { guarded([this] { beat(); }); });
    for (int i = 0; i < count; ++i) threads.emplace_back([this, i] { guarded([this, i] { work(i); }); });
    watch();
    const bool stopped = stop_requested();
    ending_ = true;
    if (living_ > 0) request_stop();  // so that it does not live on for nobody
    for (std::thread& t : threads) t.join();
    guarded([this] { store_.set(SearchKeys::left(number_), "1"); });
    if (failure_) std::rethrow_exception(failure_);
    if (over_) return;
    if (stopped) throw Stopped();
    if (lost_) end_alone();
    throw Error("go on with", "the search",
                fmt::format("process 0 has heard nothing from here for {} s", kCrewSilence.count()),
                "start it again");
  }

  int64_t lived() const { return lived_; }

 private:
  // Returns when this process has to end.
  void watch() {
    int seen = 0;
    int silent = 0;
    while (!over_ && !given_up_ && !failed_ && !stop_requested()) {
      std::this_thread::sleep_for(kGlance);
      const int now = heard_;
      silent = now == seen ? silent + 1 : 0;
      seen = now;
      if (lost_ || silent > kPatience) end_alone();
    }
  }

  // Shows that this process is there, and listens.
  void beat() {
    std::string last;
    while (!ending_) {
      store_.add(SearchKeys::beat(number_), 1);
      if (store_.get(SearchKeys::kOver)) over_ = true;
      if (store_.get(SearchKeys::gone(number_))) given_up_ = true;
      const std::string now = store_.get(SearchKeys::beat(0)).value_or("");
      if (now != last) ++heard_;
      last = now;
      std::this_thread::sleep_for(kBetweenBeats);
    }
  }

  void work(int index) {
    const std::string key = SearchKeys::next_try(number_, index);
    while (!ending_) {
      const std::optional<std::string> message = store_.get(key);
      if (!message) {
        std::this_thread::sleep_for(kGlance);
        continue;
      }
      store_.erase(key);
      ++living_;
      if (ending_) return;
      const Life life = lived(*message);
      --living_;
      ++lived_;
      store_.set(SearchKeys::life(number_, index), format_life(life));
    }
  }

  Life lived(const std::string& message) const {
    const int cells = archive_.settings().cells;
    const SentTry sent = parse_try(message, static_cast<size_t>(cells) * static_cast<size_t>(cells));
    check_files(sent.preset);
    const auto hopeless = [&](const Life& so_far) { return !archive_.clears(so_far, sent.bars); };
    Life life = life_of(sent.preset, archive_.settings().life, files_, hopeless);
    if (life.death.empty() && hopeless(life)) life.death = kSurpassed;
    return life;
  }

  void guarded(const std::function<void()>& work) {
    try {
      work();
    } catch (const Stopped&) {
      // what it lived is lost
    } catch (const StoreGone&) {
      lost_ = true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      failed_ = true;
    }
  }

  [[noreturn]] static void end_alone() {
    if (stop_requested()) std::_Exit(130);
    note("reverie: cannot go on with the search: process 0 is gone");
    std::_Exit(1);
  }

  KeyValueStore& store_;
  const CrewWorkerOptions& options_;
  PictureFiles files_;
  const Archive archive_;  // empty: for its settings
  const int64_t number_;
  std::atomic<int> heard_ = 0;  // beats of process 0
  std::atomic<int> living_ = 0;
  std::atomic<int64_t> lived_ = 0;
  std::atomic<bool> over_ = false, given_up_ = false, lost_ = false, failed_ = false, ending_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

void work_for_search(KeyValueStore& store, const CrewWorkerOptions& options, const PictureFiles& files) {
  CrewWorker worker(store, options, files);
  worker.run();
  if (!options.quiet) note(fmt::format("the search is over: {} tried here", worker.lived()));
}

}  // namespace reverie
