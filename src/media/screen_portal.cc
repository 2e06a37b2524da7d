#include "media/screen_portal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "media/ffmpeg.h"
#include "media/source.h"

namespace reverie::ffmpeg {
namespace {

constexpr const char* kName = "org.freedesktop.portal.Desktop";
constexpr const char* kPath = "/org/freedesktop/portal/desktop";
constexpr const char* kScreenCast = "org.freedesktop.portal.ScreenCast";
constexpr const char* kWhat = "screen:";

// Bits and numbers of the interface's specification.
constexpr uint32_t kMonitor = 1, kWindow = 2, kHiddenCursor = 1, kWhileRunning = 1, kCancelled = 1;

using Message = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;
Message owned(sd_bus_message* m) {
  return {m, &sd_bus_message_unref};
}

int good(int code) {
  if (code < 0) throw Error("open", kWhat, "the desktop's portal does not answer: " + reason(code));
  return code;
}

// What lets the person's choice stand until this process ends.
struct Choice {
  std::mutex mutex;
  std::string token;
};
Choice& choice() {
  static Choice last;
  return last;
}

// Calls each value of a dictionary's with its key; what it does not read is passed over.
void each_value(sd_bus_message* m, const std::function<bool(std::string_view key)>& read) {
  good(sd_bus_message_enter_container(m, 'a', "{sv}"));
  while (good(sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
    const char* key = nullptr;
    good(sd_bus_message_read(m, "s", &key));
    if (!read(key)) good(sd_bus_message_skip(m, "v"));
    good(sd_bus_message_exit_container(m));
  }
  good(sd_bus_message_exit_container(m));
}

std::string string_value(sd_bus_message* m) {
  const char* text = nullptr;
  good(sd_bus_message_read(m, "v", "s", &text));
  return text;
}

// The portal's methods answer later, by a signal on an object that the caller names.
class Conversation {
 public:
  explicit Conversation(sd_bus* bus) : bus_(bus) {
    const char* name = nullptr;
    good(sd_bus_get_unique_name(bus, &name));
    sender_ = std::string(name).substr(1);
    std::replace(sender_.begin(), sender_.end(), '.', '_');
  }

  std::string token() { return fmt::format("reverie{}", ++count_); }

  // Calls a method of ScreenCast: `fill` writes what comes before its options, and those but for
  // handle_token. Returns the answer's dictionary.
  Message ask(const char* method, const std::function<void(sd_bus_message*)>& before,
              const std::function<void(sd_bus_message*)>& options) {
    const std::string name = token();
    const std::string path = fmt::format("{}/request/{}/{}", kPath, sender_, name);
    Answer answer;
    sd_bus_slot* slot = nullptr;
    good(sd_bus_match_signal(bus_, &slot, nullptr, path.c_str(), "org.freedesktop.portal.Request", "Response",
                             &Answer::take, &answer));
    const std::unique_ptr<sd_bus_slot, decltype(&sd_bus_slot_unref)> listening(slot, &sd_bus_slot_unref);
    Message call = new_call(method);
    before(call.get());
    good(sd_bus_message_open_container(call.get(), 'a', "{sv}"));
    good(sd_bus_message_append(call.get(), "{sv}", "handle_token", "s", name.c_str()));
    options(call.get());
    good(sd_bus_message_close_container(call.get()));
    send(call.get());
    while (answer.message == nullptr) {
      if (stop_requested()) throw Stopped();
      if (good(sd_bus_process(bus_, nullptr)) == 0) good(sd_bus_wait(bus_, 100'000));
    }
    Message got = owned(answer.message);
    uint32_t code = 0;
    good(sd_bus_message_read(got.get(), "u", &code));
    if (code == kCancelled) throw SourceRefused("open", kWhat, "it was cancelled in the desktop's dialog");
    if (code != 0) throw SourceRefused("open", kWhat, "the desktop refuses it");
    return got;
  }

  Message new_call(const char* method) {
    sd_bus_message* m = nullptr;
    good(sd_bus_message_new_method_call(bus_, &m, kName, kPath, kScreenCast, method));
    return owned(m);
  }

  Message send(sd_bus_message* call) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* reply = nullptr;
    const int code = sd_bus_call(bus_, call, 0, &error, &reply);
    const std::string why = error.message == nullptr ? "" : error.message;
    const bool missing = sd_bus_error_has_name(&error, SD_BUS_ERROR_SERVICE_UNKNOWN) != 0 ||
                         sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_METHOD) != 0;
    sd_bus_error_free(&error);
    if (missing) {
      throw SourceRefused("open", kWhat, "this desktop has no portal that shows screens",
                          "install xdg-desktop-portal and the one for your desktop");
    }
    if (code < 0)
      throw Error("open", kWhat, "the desktop's portal says: " + (why.empty() ? reason(code) : why));
    return owned(reply);
  }

 private:
  struct Answer {
    sd_bus_message* message = nullptr;
    static int take(sd_bus_message* m, void* self, sd_bus_error* /*error*/) {
      auto& a = *static_cast<Answer*>(self);
      if (a.message == nullptr) a.message = sd_bus_message_ref(m);
      return 0;
    }
  };

  sd_bus* bus_;
  std::string sender_;
  int count_ = 0;
};

void nothing(sd_bus_message* /*m*/) {}

// The node of the first stream.
uint32_t read_streams(sd_bus_message* m) {
  uint32_t node = 0;
  good(sd_bus_message_enter_container(m, 'v', "a(ua{sv})"));
  good(sd_bus_message_enter_container(m, 'a', "(ua{sv})"));
  while (good(sd_bus_message_enter_container(m, 'r', "ua{sv}")) > 0) {
    uint32_t one = 0;
    good(sd_bus_message_read(m, "u", &one));
    good(sd_bus_message_skip(m, "a{sv}"));
    good(sd_bus_message_exit_container(m));
    if (node == 0) node = one;
  }
  good(sd_bus_message_exit_container(m));
  good(sd_bus_message_exit_container(m));
  return node;
}

}  // namespace

void ScreenPortal::Close::operator()(sd_bus* bus) const {
  sd_bus_flush_close_unref(bus);  // which ends the portal's session too
}

ScreenPortal::ScreenPortal() {
  sd_bus* bus = nullptr;
  if (const int code = sd_bus_open_user(&bus); code < 0)
    throw Error("open", kWhat, "there is no session bus to ask the desktop on: " + reason(code));
  bus_.reset(bus);
  Conversation portal(bus);
  const std::string session_token = portal.token();
  std::string session;
  const Message created = portal.ask("CreateSession", nothing, [&](sd_bus_message* m) {
    good(sd_bus_message_append(m, "{sv}", "session_handle_token", "s", session_token.c_str()));
  });
  each_value(created.get(), [&](std::string_view key) {
    if (key == "session_handle") session = string_value(created.get());
    return key == "session_handle";
  });
  const auto name_session = [&](sd_bus_message* m) { good(sd_bus_message_append(m, "o", session.c_str())); };
  const std::lock_guard lock(choice().mutex);  // one dialog at a time
  portal.ask("SelectSources", name_session, [&](sd_bus_message* m) {
    good(sd_bus_message_append(m, "{sv}", "types", "u", kMonitor | kWindow));
    good(sd_bus_message_append(m, "{sv}", "cursor_mode", "u", kHiddenCursor));
    good(sd_bus_message_append(m, "{sv}", "persist_mode", "u", kWhileRunning));
    if (!choice().token.empty())
      good(sd_bus_message_append(m, "{sv}", "restore_token", "s", choice().token.c_str()));
  });
  if (choice().token.empty()) note("screen: choose what to show in the desktop's dialog");
  const Message started = portal.ask(
      "Start",
      [&](sd_bus_message* m) {
        name_session(m);
        good(sd_bus_message_append(m, "s", ""));
      },
      nothing);
  each_value(started.get(), [&](std::string_view key) {
    if (key == "streams") node_ = read_streams(started.get());
    if (key == "restore_token") choice().token = string_value(started.get());
    return key == "streams" || key == "restore_token";
  });
  const Message call = portal.new_call("OpenPipeWireRemote");
  name_session(call.get());
  good(sd_bus_message_append(call.get(), "a{sv}", 0));
  const Message reply = portal.send(call.get());
  int descriptor = -1;
  good(sd_bus_message_read(reply.get(), "h", &descriptor));
  connection_ = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);  // the message's own is closed with it
  if (connection_ < 0) throw Error("open", kWhat, "the desktop's connection to PipeWire cannot be used");
}

ScreenPortal::~ScreenPortal() {
  if (connection_ >= 0) ::close(connection_);
}

int ScreenPortal::take_connection() {
  return std::exchange(connection_, -1);
}

}  // namespace reverie::ffmpeg
