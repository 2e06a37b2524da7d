#include "devices/osc.h"

#include <arpa/inet.h>
#include <lo/lo.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "devices/device_test_help.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool within(milliseconds time, const std::function<bool()>& holds) {
  const auto end = steady_clock::now() + time;
  while (!holds()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

class OscTest : public DeskFixture {
 protected:
  OscTest() { to_ = lo_address_new("127.0.0.1", std::to_string(server_.port()).c_str()); }
  ~OscTest() override { lo_address_free(to_); }

  static DeviceActions actions(OscTest* t) {
    DeviceActions a;
    a.record = [t](bool on, const std::string& file) { t->recorded_ = (on ? "on " : "off ") + file; };
    a.tempo = [t](double bpm) { t->tempo_ = bpm; };
    a.quit = [t] { t->quit_ = true; };
    return a;
  }

  // All that was sent is heard; the system may lose packets on a busy machine.
  bool settled(uint64_t messages) const {
    return within(milliseconds(3000), [&] {
      const OscCounts c = server_.counts();
      return c.obeyed + c.refused >= messages;
    });
  }

  void send(const Bytes& bytes) { client_.send({0x7f000001, static_cast<uint16_t>(server_.port())}, bytes); }

  // The next message that the client's port hears.
  std::optional<OscMessage> hear(milliseconds time = milliseconds(2000)) { return hear_at(echo_, time); }
  static std::optional<OscMessage> hear_at(UdpSocket& socket, milliseconds time) {
    Bytes buffer(kMostOscBytes);
    UdpAddress from;
    std::optional<size_t> size;
    const auto end = steady_clock::now() + time;
    while (!(size = socket.receive(buffer, from)) && steady_clock::now() < end) socket.wait(20);
    if (!size) return {};
    return parse_osc(std::span(buffer).first(*size)).front();
  }

  std::string recorded_;
  std::atomic<double> tempo_{0};
  std::atomic<bool> quit_{false};
  UdpSocket echo_{"127.0.0.1", 0};
  UdpSocket client_{"127.0.0.1", 0}, client_all_{"0.0.0.0", 0};
  OscServer server_{desk_, {0, echo_.port(), "127.0.0.1"}, actions(this)};
  lo_address to_ = nullptr;
};

TEST_F(OscTest, LibloDrivesTheDesk) {
  lo_send(to_, "/reverie/feedback/gain", "f", 2.5);
  lo_send(to_, "/reverie/feedback/zoom/2", "d", 1.25);
  lo_send(to_, "/reverie/feedback/squash", "s", "sin");
  lo_send(to_, "/reverie/feedback/view_mono", "T");
  lo_send(to_, "/reverie/feedback/hue", "iff", 1, 2.0, 3.5);
  lo_send(to_, "/reverie/tempo", "i", 128);
  lo_send(to_, "/reverie/fade", "f", 5.0);
  lo_send(to_, "/reverie/record", "is", 1, "a.mkv");
  lo_send(to_, "/reverie/noise", "");
  ASSERT_TRUE(settled(9)) << server_.last_refusal();
  EXPECT_EQ(server_.counts().refused, 0U) << server_.last_refusal();
  EXPECT_EQ(value("gain"), 2.5);
  EXPECT_EQ(value("zoom", 2), 1.25);
  EXPECT_EQ(value("zoom", 1), 1);
  EXPECT_EQ(desk_.preset().values.format(desk_.preset().values.table().index("squash")), "\"sin\"");
  EXPECT_EQ(value("view_mono"), 1);
  EXPECT_EQ(desk_.preset().values.list("hue"), (std::vector<double>{1, 2, 3.5}));
  EXPECT_EQ(tempo_, 128);
  EXPECT_EQ(desk_.fade(), 5);
  EXPECT_EQ(recorded_, "on a.mkv");
  EXPECT_TRUE(std::holds_alternative<NewNoise>(events().back()));
}

TEST_F(OscTest, PresetsGoByNameNumberAndTurn) {
  ASSERT_GE(desk_.presets().size(), 3U);
  lo_send(to_, "/reverie/preset", "s", "smoke");
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(desk_.preset().name, "smoke");
  lo_send(to_, "/reverie/preset", "if", 1, 0.5);
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(desk_.preset().name, desk_.presets()[0].name);
  EXPECT_EQ(std::get<ChangePreset>(events().back()).fade, 0.5);
  lo_send(to_, "/reverie/preset/next", "");
  ASSERT_TRUE(settled(3));
  EXPECT_EQ(desk_.preset().name, desk_.presets()[1].name);
  lo_send(to_, "/reverie/undo", "");
  ASSERT_TRUE(settled(4));
  EXPECT_EQ(desk_.preset().name, desk_.presets()[0].name);
  lo_send(to_, "/reverie/save", "s", "mine");
  ASSERT_TRUE(settled(5));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "reverie/presets/mine.toml"))
      << server_.last_refusal();
  lo_send(to_, "/reverie/quit", "");
  ASSERT_TRUE(settled(6));
  EXPECT_TRUE(quit_);
}

TEST_F(OscTest, FadersGoOverThePlayableRangeAndAreEchoed) {
  lo_send(to_, "/reverie/fader/feedback/gain", "f", 0.5F);
  ASSERT_TRUE(settled(1));
  const Parameter& gain = desk_.preset().values.table()[desk_.preset().values.table().index("gain")];
  EXPECT_NEAR(desk_.preset().values.number("gain"), ControlRange(gain).at(0.5), 1e-6);
  std::vector<std::string> heard;
  while (const auto m = hear(milliseconds(300))) heard.push_back(m->address);
  EXPECT_NE(std::find(heard.begin(), heard.end(), "/reverie/fader/feedback/gain"), heard.end());
  lo_send(to_, "/reverie/fader/feedback/gain", "f", 1.0F);
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(desk_.preset().values.number("gain"), gain.soft_high);
  lo_send(to_, "/reverie/fader/feedback/self/1", "f", 0.25F);
  ASSERT_TRUE(settled(3));
  EXPECT_NEAR(desk_.share("self", 1), 0.25, 1e-6);
  lo_send(to_, "/reverie/fader/feedback/gain", "f", 1.5F);
  lo_send(to_, "/reverie/fader/feedback/palette", "f", 0.5F);
  ASSERT_TRUE(settled(5));
  EXPECT_EQ(server_.counts().refused, 2U);
  EXPECT_EQ(desk_.preset().values.number("gain"), gain.soft_high);
}

TEST_F(OscTest, TheInputIsPlayed) {
  lo_send(to_, "/reverie/input/speed", "f", 0.5F);
  lo_send(to_, "/reverie/input/seek", "f", 12.5F);
  lo_send(to_, "/reverie/input/loop", "ff", 10.0F, 20.0F);
  lo_send(to_, "/reverie/input/out", "");
  ASSERT_TRUE(settled(4));
  EXPECT_EQ(desk_.control("input_speed"), 0.5);
  std::vector<std::string> heard;
  while (const auto m = hear(milliseconds(300))) heard.push_back(m->address);
  EXPECT_NE(std::find(heard.begin(), heard.end(), "/reverie/set/input_speed"), heard.end());
  lo_send(to_, "/reverie/input/pause", "");
  lo_send(to_, "/reverie/input/speed", "f", 9.0F);
  lo_send(to_, "/reverie/set/input_position", "f", 0.5F);
  ASSERT_TRUE(settled(7));
  EXPECT_EQ(server_.counts().refused, 1U);
  EXPECT_EQ(desk_.control("input_speed"), 0);
  EXPECT_EQ(desk_.control("input_position"), 0.5);
}

TEST_F(OscTest, InputBIsPlayedAndFadedTo) {
  lo_send(to_, "/reverie/input/b", "s", "b.mp4");
  lo_send(to_, "/reverie/input/b/speed", "f", 0.5F);
  for (const float share : {0.25F, 1.5F}) lo_send(to_, "/reverie/input/fade", "f", share);
  ASSERT_TRUE(settled(4));
  EXPECT_EQ(server_.counts().refused, 1U);
  EXPECT_EQ(desk_.control("input_b_speed"), 0.5);
  EXPECT_EQ(desk_.control("input_speed"), 1);
  EXPECT_EQ(desk_.control("input_fade"), 0.25);
}

TEST_F(OscTest, TheCrossfaderIsAKnobOfTheSet) {
  lo_send(to_, "/reverie/cue", "s", "veil");
  lo_send(to_, "/reverie/set/crossfader", "f", 0.5F);
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(desk_.cued(), "veil");
  EXPECT_EQ(desk_.control("crossfader"), 0.5);
  std::vector<std::string> heard;
  while (const auto m = hear(milliseconds(300))) heard.push_back(m->address);
  EXPECT_NE(std::find(heard.begin(), heard.end(), "/reverie/set/crossfader"), heard.end());
  lo_send(to_, "/reverie/fader/set/crossfader", "f", 1.0F);
  ASSERT_TRUE(settled(3));
  EXPECT_EQ(desk_.chain().name(), "veil");
  lo_send(to_, "/reverie/cue/next", "");
  lo_send(to_, "/reverie/set/crossfader", "f", 2.0F);
  lo_send(to_, "/reverie/set/nothing", "f", 0.5F);
  ASSERT_TRUE(settled(6));
  EXPECT_NE(desk_.cued(), "veil");
  EXPECT_EQ(server_.counts().refused, 2U);
}

TEST_F(OscTest, WhatIsNotAllowedIsRefusedNotBent) {
  lo_send(to_, "/reverie/feedback/gain", "f", 1e9);
  lo_send(to_, "/reverie/feedback/gain", "f", std::nanf(""));
  lo_send(to_, "/reverie/feedback/gain", "s", "nan");
  lo_send(to_, "/reverie/feedback/gain", "s", "loud");
  lo_send(to_, "/reverie/feedback/gian", "f", 1.0);
  lo_send(to_, "/reverie/dream/gain", "f", 1.0);
  lo_send(to_, "/reverie/feedback/levels/1", "i", 1);
  lo_send(to_, "/reverie/preset", "s", "there-is-none");
  lo_send(to_, "/reverie/preset", "i", 100000);
  lo_send(to_, "/reverie/snapshot", "");  // this set does not take it
  ASSERT_TRUE(settled(10));
  EXPECT_EQ(server_.counts().refused, 10U);
  EXPECT_TRUE(events().empty());
  EXPECT_NE(server_.last_refusal().find("127.0.0.1"), std::string::npos);
}

TEST_F(OscTest, BundlesAreObeyed) {
  lo_bundle b = lo_bundle_new(LO_TT_IMMEDIATE);
  lo_message m = lo_message_new();
  lo_message_add_float(m, 3);
  lo_message n = lo_message_new();
  lo_message_add_float(n, 1.5);
  lo_bundle_add_message(b, "/reverie/feedback/gain", m);
  lo_bundle_add_message(b, "/reverie/feedback/zoom", n);
  lo_send_bundle(to_, b);
  lo_bundle_free_recursive(b);
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(server_.counts().received, 1U);
  EXPECT_EQ(value("gain"), 3);
  EXPECT_EQ(value("zoom"), 1.5);
}

TEST_F(OscTest, ChangesAreEchoedWhoeverMadeThem) {
  lo_send(to_, "/reverie/feedback/gain", "f", 2.5);
  auto m = hear();
  ASSERT_TRUE(m);
  EXPECT_EQ(m->address, "/reverie/feedback/gain");
  EXPECT_EQ(m->arguments, (std::vector<OscArgument>{2.5F}));
  desk_.set("zoom.1", "1.5");
  m = hear();
  ASSERT_TRUE(m);
  EXPECT_EQ(m->address, "/reverie/feedback/zoom");
  EXPECT_EQ(m->arguments[1], OscArgument(1.5F));
  desk_.load("smoke", 0);
  m = hear();
  ASSERT_TRUE(m);
  EXPECT_EQ(m->address, "/reverie/preset");
  EXPECT_EQ(m->arguments, (std::vector<OscArgument>{std::string("smoke")}));
}

TEST_F(OscTest, NobodySpokeNobodyHears) {
  desk_.set("gain", "2");
  EXPECT_FALSE(hear(milliseconds(150)));
}

TEST_F(OscTest, EchoesAreGatheredAndTheLastOneHolds) {
  lo_send(to_, "/reverie/fade", "f", 1.0);
  ASSERT_TRUE(settled(1));
  const auto begin = steady_clock::now();
  for (int i = 0; i <= 500; ++i) {
    desk_.set("gain", std::to_string(i / 100.0));
    std::this_thread::sleep_for(milliseconds(1));
  }
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  int count = 0;
  std::optional<OscMessage> last;
  while (auto m = hear(milliseconds(200))) last = m, ++count;
  ASSERT_TRUE(last);
  EXPECT_EQ(last->arguments[0], OscArgument(5.0F));
  EXPECT_LE(count, seconds * 30 + 3);
  EXPECT_GE(count, 3);
}

TEST_F(OscTest, AnswersGoToTheOneWhoAsks) {
  send(format_osc({"/reverie/get", {std::string("gain")}}));
  const auto gain = hear_at(client_, milliseconds(2000));
  ASSERT_TRUE(gain);
  EXPECT_EQ(gain->address, "/reverie/feedback/gain");
  EXPECT_EQ(hear()->address, "/reverie/feedback/gain");

  send(format_osc({"/reverie/list", {}}));
  size_t parameters = 0, presets = 0;
  for (;;) {
    const auto m = hear_at(client_, milliseconds(2000));
    ASSERT_TRUE(m);
    if (m->address == "/reverie/list/end") break;
    if (m->address == "/reverie/list/parameter") {
      ASSERT_EQ(m->arguments.size(), 8U);
      ++parameters;
    }
    presets += m->address == "/reverie/list/preset" ? 1 : 0;
  }
  EXPECT_EQ(parameters, desk_.preset().values.table().size() + set_controls().size());
  EXPECT_EQ(presets, desk_.presets().size());
}

TEST_F(OscTest, ItIsBoundToOneInterface) {
  // all of 127.0.0.0/8 is this machine, but only 127.0.0.1 is listened on
  client_.send({0x7f000002, static_cast<uint16_t>(server_.port())}, format_osc({"/reverie/noise", {}}));
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(server_.counts().received, 0U);
  EXPECT_NE(message_of([&] { UdpSocket("127.0.0.1", server_.port()); }).find("choose another port"),
            std::string::npos);
  EXPECT_NE(message_of([&] { UdpSocket("192.0.2.1", 0); }), "");
  EXPECT_NE(message_of([&] { UdpSocket("127.0.0.1", 70000); }), "");
}

// This machine's address as others see it; 0 where it has none.
uint32_t outer_address() {
  const int s = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1: nothing is sent by connect()
  a.sin_port = htons(9);
  socklen_t size = sizeof a;
  const bool known = connect(s, reinterpret_cast<const sockaddr*>(&a), size) == 0 &&
                     getsockname(s, reinterpret_cast<sockaddr*>(&a), &size) == 0;
  close(s);
  return known ? ntohl(a.sin_addr.s_addr) : 0;
}

TEST_F(OscTest, OtherMachinesTurnKnobsButNameNoFiles) {
  const uint32_t host = outer_address();
  if (host == 0 || host >> 24U == 127) GTEST_SKIP() << "this machine has no address but its own";
  OscServer open(desk_, {0, echo_.port(), "0.0.0.0"}, actions(this));
  uint64_t sent = 0;
  const auto say = [&](const std::string& address, std::vector<OscArgument> arguments) {
    client_all_.send({host, static_cast<uint16_t>(open.port())}, format_osc({address, std::move(arguments)}));
    ++sent;
    EXPECT_TRUE(
        within(milliseconds(2000), [&] { return open.counts().obeyed + open.counts().refused == sent; }));
  };
  say("/reverie/weights", {std::string("/etc/passwd")});
  say("/reverie/input", {std::string("/etc/passwd")});
  say("/reverie/save", {std::string("mine")});
  say("/reverie/record", {int64_t{1}, std::string("/tmp/a.mkv")});
  say("/reverie/preset", {std::string("/tmp/a.toml")});
  say("/reverie/feedback/palette", {std::string("/etc/passwd")});
  say("/reverie/quit", {});
  EXPECT_EQ(open.counts().refused, 7U);
  EXPECT_TRUE(events().empty());
  say("/reverie/feedback/gain", {2.0F});
  say("/reverie/preset", {std::string("smoke")});
  EXPECT_EQ(open.counts().obeyed, 2U) << open.last_refusal();
}

TEST_F(OscTest, NoEchoesToItself) {
  const int port = [] { return UdpSocket("127.0.0.1", 0).port(); }();
  EXPECT_NE(message_of([&] {
              OscServer(desk_, {port, port, "127.0.0.1"}, {});
            }).find("choose two different ports"),
            std::string::npos);
}

TEST(OscEchoTest, ClientsAreFewAndGoWhenSilent) {
  OscEcho echo;
  const OscEcho::Time start;
  for (uint32_t i = 0; i < 20; ++i) echo.spoke(100 + i, start + std::chrono::seconds(i));
  const auto now = start + std::chrono::seconds(20);
  const auto clients = echo.clients(now);
  EXPECT_EQ(clients.size(), OscEcho::kMostClients);
  EXPECT_EQ(clients.front(), 104U);
  EXPECT_TRUE(echo.clients(now + std::chrono::seconds(90)).empty());
}

// One valid message in a thousand ways to break it.
class Hostile {
 public:
  Bytes next() {
    switch (draw_() % 5) {
      case 0:
        return noise(draw_() % 200);
      case 1:
        return flipped();
      case 2: {
        Bytes b = valid();
        b.resize(draw_() % b.size());
        return b;
      }
      case 3: {
        Bytes b = bad_address();
        const auto depth = draw_() % 40;
        for (size_t i = 0; i < depth; ++i) b = bundle(b, b.size());
        return b;
      }
      default:
        return bundle(bad_address(), static_cast<uint32_t>(draw_()));
    }
  }
  Bytes huge() {
    Bytes b = bundle({}, 0);
    b.resize(16);
    while (b.size() < 60000) {
      const Bytes m = bad_address();
      for (const size_t byte : {size_t{0}, size_t{0}, m.size() >> 8U, m.size()})
        b.push_back(static_cast<uint8_t>(byte));
      b.insert(b.end(), m.begin(), m.end());
    }
    return b;
  }

 private:
  // Out of range whatever bit of the number is another: no mutant can be a good command.
  static Bytes valid() { return format_osc({"/reverie/feedback/gain", {std::string("loud")}}); }
  static Bytes bad_address() { return format_osc({"/reverie/feedback/there/is/none", {1.0F}}); }
  Bytes noise(size_t size) {
    Bytes b(size);
    for (uint8_t& byte : b) byte = static_cast<uint8_t>(draw_());
    return b;
  }
  Bytes flipped() {
    Bytes b = valid();
    const auto flips = 1 + draw_() % 4;
    for (size_t i = 0; i < flips; ++i) b[draw_() % b.size()] ^= static_cast<uint8_t>(1U << draw_() % 8);
    return b;
  }
  static Bytes bundle(const Bytes& inner, size_t said) {
    Bytes b = {'#', 'b', 'u', 'n', 'd', 'l', 'e', 0, 0, 0, 0, 0, 0, 0, 0, 1};
    for (const unsigned shift : {24U, 16U, 8U, 0U}) b.push_back(static_cast<uint8_t>(said >> shift));
    b.insert(b.end(), inner.begin(), inner.end());
    return b;
  }

  std::mt19937 draw_{7};
};

TEST_F(OscTest, HostilePacketsDoNothing) {
  constexpr uint64_t kPackets = 100000;
  Hostile hostile;
  uint64_t sent = 0;
  for (uint64_t i = 0; i < kPackets; ++i) {
    send(i % 5000 == 0 ? hostile.huge() : hostile.next());
    ++sent;
    // at the server's pace: what the system throws away is no test
    const auto caught_up = [&] { return sent - server_.counts().received <= 100; };
    if (!caught_up() && !within(milliseconds(500), caught_up)) sent = server_.counts().received;
  }
  within(milliseconds(500), [&] { return server_.counts().received >= sent; });
  EXPECT_GE(server_.counts().received, kPackets * 9 / 10);
  EXPECT_EQ(server_.counts().obeyed, 0U) << server_.last_refusal();
  EXPECT_TRUE(events().empty());
  lo_send(to_, "/reverie/feedback/gain", "f", 2.0);
  EXPECT_TRUE(within(milliseconds(2000), [&] { return server_.counts().obeyed == 1; }));
  EXPECT_EQ(value("gain"), 2);
}

}  // namespace
}  // namespace reverie
