#include "train/rendezvous.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/log.h"
#include "core/stop.h"

namespace reverie {
namespace {

// LibTorch 2 wants libuv unless told otherwise, and Debian builds it without.
template <typename Options>
void without_libuv(Options& options) {
  if constexpr (requires { options.useLibUV; }) options.useLibUV = false;
}

// torchrun runs its own store on that port.
bool launcher_has_store() {
  const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
  return agent && std::string_view(agent) == "True";
}

// What is begun only when all have joined has nothing to keep before.
[[noreturn]] void end_waiting() {
  note("stopped while it waited for other processes; nothing was written");
  std::_Exit(130);
}

// LibTorch's waits cannot be told to end: while one of these lives, another thread looks.
class EndOnStop {
 public:
  EndOnStop()
      : watch_([](const std::stop_token& over) {
          while (!over.stop_requested()) {
            if (stop_requested()) end_waiting();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
        }) {}

 private:
  std::jthread watch_;
};

// torchrun keeps its store when it starts the processes again: each start has keys of its own.
std::string key_prefix() {
  const char* restarts = std::getenv("TORCHELASTIC_RESTART_COUNT");
  return fmt::format("reverie/{}/", restarts ? restarts : "0");
}

class SharedValues : public KeyValueStore {
 public:
  explicit SharedValues(c10::intrusive_ptr<c10d::Store> store) : store_(std::move(store)) {}

  void set(const std::string& key, const std::string& value) override {
    call([&] { store_->set(prefix_ + key, std::vector<uint8_t>(value.begin(), value.end())); });
  }
  std::optional<std::string> get(const std::string& key) override {
    std::optional<std::string> value;
    call([&] {
      if (!store_->check({prefix_ + key})) return;
      const std::vector<uint8_t> bytes = store_->get(prefix_ + key);
      value.emplace(bytes.begin(), bytes.end());
    });
    return value;
  }
  int64_t add(const std::string& key, int64_t by) override {
    int64_t sum = 0;
    call([&] { sum = store_->add(prefix_ + key, by); });
    return sum;
  }
  void erase(const std::string& key) override {
    call([&] { store_->deleteKey(prefix_ + key); });
  }

 private:
  void call(const std::function<void()>& work) {
    const std::lock_guard lock(mutex_);
    try {
      work();
    } catch (const std::exception& e) {
      const std::string why = e.what();
      throw StoreGone("reach", "the other processes", why.substr(0, why.find('\n')));
    }
  }

  c10::intrusive_ptr<c10d::Store> store_;
  std::string prefix_ = key_prefix();
  std::mutex mutex_;
};

}  // namespace

c10::intrusive_ptr<c10d::Store> open_store(const ProcessRank& who) {
  const MeetingPoint at = meeting_point();
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(at.port);
  options.isServer = who.rank == 0 && !launcher_has_store();
  options.timeout = std::chrono::minutes(5);
  without_libuv(options);
  return c10::make_intrusive<c10d::TCPStore>(at.address, options);
}

void while_joining(const ProcessRank& who, const std::function<void()>& work) {
  const auto fail = [&](const std::string& why) {
    if (stop_requested()) end_waiting();  // a signal has interrupted it
    throw Error("join the other processes", fmt::format("as {} of {}", who.rank, who.size), why,
                "see MASTER_ADDR and MASTER_PORT");
  };
  const EndOnStop end;
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const c10::Error& e) {
    fail(e.what_without_backtrace());
  } catch (const std::runtime_error& e) {
    fail(e.what());
  }
}

std::unique_ptr<KeyValueStore> open_shared_values(const ProcessRank& who) {
  const MeetingPoint at = meeting_point();
  note(fmt::format("process {} of {} {} {}:{}", who.rank, who.size,
                   who.rank > 0 ? "waits for process 0 at" : "lets the others join at", at.address, at.port));
  std::unique_ptr<KeyValueStore> values;
  while_joining(who, [&] { values = std::make_unique<SharedValues>(open_store(who)); });
  return values;
}

}  // namespace reverie
