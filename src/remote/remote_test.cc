// The page's server beside a running set, spoken to by raw sockets.
#include "remote/remote.h"

#include <random>

#include "control/session.h"
#include "core/error.h"
#include "remote/remote_test_help.h"

namespace reverie {
namespace {

TEST_F(RemoteTest, ServesThePageAndNothingElse) {
  start();
  RemoteLine line(port_);
  line.send(fmt::format("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port_));
  EXPECT_TRUE(line.heard("</html>"));
  EXPECT_NE(line.hear("").find("200 OK"), std::string::npos);
  EXPECT_NE(line.hear("").find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  for (const char* path : {"/../../etc/passwd", "/x", "/%2e%2e/", "/?", "/index.html"}) {
    RemoteLine other(port_);
    other.send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
    EXPECT_EQ(other.hear("\r\n\r\n").find("root:"), std::string::npos);
  }
  RemoteLine nothing(port_);
  nothing.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(nothing.heard("404"));
  RemoteLine post(port_);
  post.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(post.heard("405") || post.closes());
  RemoteLine rebound(port_);
  rebound.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_TRUE(rebound.heard("403"));
}

TEST_F(RemoteTest, TwoPhonesPlayAndReplayIsExact) {
  start();
  const auto one = page(), two = page();
  EXPECT_TRUE(one->heard("\"parts\":"));
  EXPECT_TRUE(two->heard("\"values\":"));
  EXPECT_TRUE(one->heard("\xff\xd8\xff")) << "a JPEG";
  one->send(frame(R"({"set":"feedback.zoom","share":0.9})"));
  ASSERT_TRUE(soon([&] { return std::abs(desk_->share("zoom") - 0.9) < 1e-6; }));
  two->forget();
  EXPECT_TRUE(two->heard("\"feedback.zoom\":[0.9")) << "the other phone is told";
  two->send(frame(R"({"set":"feedback.)", 1, false) + frame(R"(zoom","share":0.25})", 0));  // in two pieces
  EXPECT_TRUE(soon([&] { return std::abs(desk_->share("zoom") - 0.25) < 1e-6; }));
  two->send(frame(R"({"set":"feedback.palette","word":"x"})"));
  EXPECT_TRUE(two->heard("\"said\":"));
  EXPECT_EQ(remote_->counts().paired, 2);
  ASSERT_TRUE(plays_on());
  remote_.reset();
  set_.reset();
  int turned = 0;
  for (const TimedEvent& e : read_session(request_.session).events) {
    const auto* set = std::get_if<SetParameter>(&e.event);
    turned += set != nullptr && set->name.starts_with("zoom") ? 1 : 0;
  }
  EXPECT_GE(turned, 2) << "what the phones did is in the session";
}

TEST_F(RemoteTest, APresetWithoutAPictureHidesNoOther) {
  folder_.write("0-needs-libtorch.toml", "about = \"not here\"\neffect = \"dream\"\n");
  folder_.write("1-fades.toml", "about = \"a fade\"\neffect = \"grade\"\ninput = \"required\"\n");
  setenv("REVERIE_PRESETS", folder_.path().c_str(), 1);
  start();
  unsetenv("REVERIE_PRESETS");
  ASSERT_EQ(desk_->presets().at(1).name, "1-fades");
  const auto one = page();
  const std::string second = {'\2', '\0', '\1', '\xff', '\xd8', '\xff'};
  EXPECT_NE(one->hear(second, milliseconds(14000)).find(second), std::string::npos);
}

TEST_F(RemoteTest, OnlyItsOwnPageSpeaks) {
  start();
  for (const auto& [origin, host] : {std::pair<std::string, std::string>("http://evil.example", ""),
                                     {"", ""},
                                     {"null", ""},
                                     {"http://evil.example", "evil.example"}}) {
    RemoteLine line(port_);
    line.send(upgrade(port_, origin, host));
    EXPECT_TRUE(line.closes()) << origin;
    EXPECT_EQ(line.hear("").find("101 Switching"), std::string::npos) << origin;
  }
  EXPECT_TRUE(soon([&] { return remote_->counts().refused >= 4; }));
  EXPECT_EQ(remote_->counts().connections, 0U);
}

TEST_F(RemoteTest, ACodeIsAskedFor) {
  start("271828");
  const auto right = page("271828");
  EXPECT_TRUE(right->heard("\"values\":"));
  const auto wrong = page("271829");
  EXPECT_TRUE(wrong->closes());
  EXPECT_EQ(wrong->hear("").find("\"parts\""), std::string::npos);
  const auto none = page();
  none->send(frame(R"({"black":true})"));
  EXPECT_TRUE(none->closes());
  EXPECT_FALSE(desk_->is_black());
  EXPECT_GE(remote_->counts().refused, 2U);
  for (size_t i = 0; i < 12; ++i) page(fmt::format("{:06}", i))->closes();
  EXPECT_TRUE(page("271828")->closes()) << "after many wrong ones even the right one";
  EXPECT_TRUE(plays_on());
}

TEST_F(RemoteTest, MalformedTrafficIsClosedAndTheSetPlaysOn) {
  start();
  std::mt19937 random(7);
  for (int i = 0; i < 120; ++i) {
    RemoteLine line(port_);
    std::string noise(1 + random() % 3000, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    if (i % 3 == 1) noise = "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + noise;
    if (i % 3 == 2) noise = upgrade(port_, own_origin(port_), "") + noise;
    line.send(noise);
    if (i % 10 == 0) line.hear("\1", milliseconds(30));
  }
  const auto big = page();
  big->send(frame(std::string(5000, 'x')));
  EXPECT_TRUE(big->closes());
  const auto binary = page();
  binary->send(frame("{}", 2));
  EXPECT_TRUE(binary->closes());
  const auto unmasked = page();
  unmasked->send("\x81\x02{}");
  unmasked->closes(milliseconds(500));
  const auto odd = page();
  for (int i = 0; i < 20; ++i) odd->send(frame("{\"nothing\":" + std::to_string(i) + "}"));
  EXPECT_TRUE(soon([&] { return remote_->counts().malformed >= 20; }));
  const auto flood = page();
  for (int i = 0; i < 400; ++i) flood->send(frame(R"({"tap":true})"));
  EXPECT_TRUE(flood->closes());
  EXPECT_TRUE(plays_on());
  EXPECT_TRUE(page()->heard("\"parts\":")) << "whoever comes properly is served";
}

TEST_F(RemoteTest, AThousandConnectionsAreRefused) {
  start();
  const auto one = page();
  EXPECT_TRUE(one->heard("\"parts\":"));
  std::vector<std::unique_ptr<RemoteLine>> many;
  for (int i = 0; i < 1000; ++i) many.push_back(std::make_unique<RemoteLine>(port_));
  EXPECT_TRUE(
      soon([&] { return remote_->counts().refused >= 1000 - Remote::kMostConnections; }, milliseconds(20000)))
      << remote_->counts().refused;
  EXPECT_TRUE(plays_on());
  one->send(frame(R"({"black":true})"));
  EXPECT_TRUE(soon([&] { return desk_->is_black(); })) << "who was there first plays on";
  many.clear();
  EXPECT_TRUE(page()->heard("\"parts\":")) << "afterwards others may come again";
}

TEST_F(RemoteTest, WhoReadsNothingCostsNothing) {
  start();
  const auto deaf = page();
  const auto other = page();
  // a full line: the newest picture waits for it, not the other way round
  for (int i = 0; i < 10; ++i) {
    other->forget();
    ASSERT_TRUE(other->heard("\xff\xd8\xff"));
  }
  EXPECT_TRUE(plays_on());
  EXPECT_LE(set_->status().skipped, 30);
}

TEST_F(RemoteTest, APortThatIsTakenIsAnError) {
  start();
  RemoteSettings settings;
  settings.port = port_;
  EXPECT_NE(message_of([&] { Remote(*desk_, *set_, settings, DeviceActions()); }).find("port"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
