// Against a portal of the test's own on a session bus of the test's own.
#include "media/screen_portal.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "media/pipewire_connection.h"
#include "media/pipewire_testing.h"

namespace reverie::ffmpeg {
namespace {

// What xdg-desktop-portal does for a desktop: the person's answer is given beforehand.
class Portal {
 public:
  explicit Portal(fs::path socket) : socket_(std::move(socket)), thread_([this] { work(); }) {
    for (int i = 0; i < 100 && !ready_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ~Portal() {
    over_ = true;
    thread_.join();
  }
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  std::atomic<uint32_t> node = 0, answer = 0;
  std::atomic<int> dialogs = 0;  // that a person would have seen

 private:
  static Portal& of(void* self) { return *static_cast<Portal*>(self); }

  // The answer to a request, on the object that the caller's options name.
  template <class Fill>
  static int respond(sd_bus_message* call, uint32_t code, const std::string& token, const Fill& fill) {
    std::string sender = std::string(sd_bus_message_get_sender(call)).substr(1);
    std::replace(sender.begin(), sender.end(), '.', '_');
    const std::string path = "/org/freedesktop/portal/desktop/request/" + sender + "/" + token;
    sd_bus* bus = sd_bus_message_get_bus(call);
    sd_bus_reply_method_return(call, "o", path.c_str());
    sd_bus_message* signal = nullptr;
    sd_bus_message_new_signal(bus, &signal, path.c_str(), "org.freedesktop.portal.Request", "Response");
    sd_bus_message_append(signal, "u", code);
    sd_bus_message_open_container(signal, 'a', "{sv}");
    fill(signal);
    sd_bus_message_close_container(signal);
    sd_bus_send(bus, signal, nullptr);
    sd_bus_message_unref(signal);
    return 1;
  }

  // The texts among a call's options.
  static std::map<std::string, std::string> options(sd_bus_message* call) {
    std::map<std::string, std::string> all;
    sd_bus_message_enter_container(call, 'a', "{sv}");
    while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
      const char *key = nullptr, *contents = nullptr, *text = nullptr;
      sd_bus_message_read(call, "s", &key);
      sd_bus_message_peek_type(call, nullptr, &contents);
      if (std::strcmp(contents, "s") == 0) {
        sd_bus_message_read(call, "v", "s", &text);
        all[key] = text;
      } else {
        all[key] = contents;
        sd_bus_message_skip(call, "v");
      }
      sd_bus_message_exit_container(call);
    }
    sd_bus_message_exit_container(call);
    return all;
  }

  static int create(sd_bus_message* call, void* /*self*/, sd_bus_error* /*error*/) {
    return respond(call, 0, options(call)["handle_token"], [](sd_bus_message* m) {
      sd_bus_message_append(m, "{sv}", "session_handle", "s", "/org/freedesktop/portal/desktop/session/1");
    });
  }
  static int select(sd_bus_message* call, void* self, sd_bus_error* /*error*/) {
    const char* session = nullptr;
    sd_bus_message_read(call, "o", &session);
    auto all = options(call);
    EXPECT_EQ(all["types"], "u");
    of(self).restored_ = all.count("restore_token") > 0;
    if (of(self).restored_) {
      EXPECT_EQ(all["restore_token"], "again");
    }
    return respond(call, 0, all["handle_token"], [](sd_bus_message*) {});
  }
  static int begin(sd_bus_message* call, void* self, sd_bus_error* /*error*/) {
    const char *session = nullptr, *window = nullptr;
    sd_bus_message_read(call, "os", &session, &window);
    if (!of(self).restored_) ++of(self).dialogs;
    return respond(call, of(self).answer, options(call)["handle_token"], [&](sd_bus_message* m) {
      if (of(self).answer != 0) return;
      sd_bus_message_append(m, "{sv}", "streams", "a(ua{sv})", 1, of(self).node.load(), 1, "source_type", "u",
                            1);
      sd_bus_message_append(m, "{sv}", "restore_token", "s", "again");
    });
  }
  static int open(sd_bus_message* call, void* self, sd_bus_error* /*error*/) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un there = {};
    there.sun_family = AF_UNIX;
    std::strncpy(there.sun_path, of(self).socket_.c_str(), sizeof there.sun_path - 1);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
    const int code = sd_bus_reply_method_return(call, "h", descriptor);
    ::close(descriptor);
    return code;
  }

  void work() {
    static const sd_bus_vtable kMethods[] = {
        // NOLINT(modernize-avoid-c-arrays): as its macros want
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CreateSession", "a{sv}", "o", &Portal::create, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SelectSources", "oa{sv}", "o", &Portal::select, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Start", "osa{sv}", "o", &Portal::begin, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("OpenPipeWireRemote", "oa{sv}", "h", &Portal::open, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END};
    sd_bus* bus = nullptr;
    ASSERT_GE(sd_bus_open_user(&bus), 0);
    ASSERT_GE(sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/portal/desktop",
                                       "org.freedesktop.portal.ScreenCast", kMethods, this),
              0);
    ASSERT_GE(sd_bus_request_name(bus, "org.freedesktop.portal.Desktop", 0), 0);
    ready_ = true;
    while (!over_) {
      while (sd_bus_process(bus, nullptr) > 0) {
      }
      sd_bus_wait(bus, 20'000);
    }
    sd_bus_flush_close_unref(bus);
  }

  fs::path socket_;
  bool restored_ = false;
  std::atomic<bool> over_ = false, ready_ = false;
  std::thread thread_;
};

class WaylandScreen : public PipewireTest {
 protected:
  void SetUp() override {
    if (!has("dbus-daemon")) GTEST_SKIP() << "dbus-daemon is missing (Debian: dbus-daemon)";
    PipewireTest::SetUp();
    if (!daemon_) return;
    const std::string address = "unix:path=" + (daemon_->folder() / "bus").string();
    bus_ = lines_of("dbus-daemon --session --fork --print-pid --address=" + address);
    ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    ::setenv("WAYLAND_DISPLAY", "wayland-9", 1);               // NOLINT(concurrency-mt-unsafe)
  }
  void TearDown() override {
    if (!bus_.empty()) ::kill(std::stoi(bus_), SIGTERM);
  }
  std::string bus_;  // its process
};

TEST_F(WaylandScreen, IsWhatThePersonChose) {
  Player player("pipewire:desktop");
  Portal portal(daemon_->folder() / "pipewire-0");
  PipewireConnection connection("the test");
  for (int i = 0; i < 100 && portal.node == 0; ++i) {
    const PipewireConnection::Lock lock(connection);
    for (const auto& [id, node] : connection.nodes()) {
      if (node.name == "desktop") portal.node = id;
    }
    connection.wait(0.05);
  }
  const Linker linker("desktop");
  for (int n = 0; n < 2; ++n) {  // the second time without a dialog
    const std::unique_ptr<Source> source = open_source("screen:");
    EXPECT_EQ(source->info().width, 64);
    EXPECT_TRUE(source->info().live);
    Planes picture;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(source->read(picture));
    EXPECT_EQ(portal.dialogs, 1);
  }
  const std::unique_ptr<Source> source = open_source("screen:");
  player.close();  // the desktop ends it
  EXPECT_THROW(
      {
        Planes picture;
        for (int i = 0; i < 100; ++i) source->read(picture);
      },
      SourceRefused);
}

TEST_F(WaylandScreen, IsRefusedOnceAndPlainly) {
  EXPECT_NE(message_of([] { open_source("screen:"); }).find("no portal"), std::string::npos)
      << message_of([] { open_source("screen:"); });
  Portal portal(daemon_->folder() / "pipewire-0");
  portal.answer = 1;
  EXPECT_THROW(open_source("screen:"), SourceRefused);
  EXPECT_NE(message_of([] { open_source("screen:"); }).find("cancelled"), std::string::npos);
  EXPECT_NE(message_of([] { open_source("screen:64x48"); }).find("not a region"), std::string::npos);
}

}  // namespace
}  // namespace reverie::ffmpeg
