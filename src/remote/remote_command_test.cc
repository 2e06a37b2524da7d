#include "remote/remote_command.h"

#include <gtest/gtest.h>

#include "core/corpus_test_help.h"
#include "core/error.h"
#include "devices/device_test_help.h"
#include "remote/remote_guard.h"

namespace reverie {
namespace {

class RemoteCommandTest : public DeskFixture {
 protected:
  void tell(std::string_view text) { obey(parse_remote_command(text), desk_, actions_); }
  DeviceActions actions_;
};

TEST_F(RemoteCommandTest, KnobsTurnTheDesk) {
  tell(R"({"set":"feedback.zoom","share":1})");
  EXPECT_EQ(desk_.share("zoom"), 1);
  tell(R"({"reset":"feedback.zoom"})");
  EXPECT_NE(desk_.share("zoom"), 1);
  tell(R"({"black":true})");
  EXPECT_TRUE(desk_.is_black());
  tell(R"({"freeze":true})");
  EXPECT_TRUE(desk_.is_frozen());
  tell(R"({"black":false})");
  EXPECT_FALSE(desk_.is_black());
  int taps = 0;
  actions_.tap = [&] { ++taps; };
  tell(R"({"tap":true})");
  EXPECT_EQ(taps, 1);
}

TEST_F(RemoteCommandTest, WhatIsNotForThePageIsRefused) {
  const std::string before = remote_values(desk_);
  for (const char* text :
       {R"({"set":"feedback.weights","word":"/etc/passwd"})", R"({"set":"feedback.palette","word":"x"})",
        R"({"set":"feedback.levels","share":1})", R"({"load":"/tmp/evil.toml"})", R"({"load":"../x"})",
        R"({"set":"feedback.nosuch","share":1})", R"({"set":"nosuch.zoom","share":1})"}) {
    EXPECT_THROW(tell(text), Error) << text;
  }
  EXPECT_EQ(remote_values(desk_), before);
}

TEST_F(RemoteCommandTest, AnythingElseIsAnError) {
  for (const char* text :
       {"", "{", "[]", "1", "null", "{}", R"({"set":"zoom"})", R"({"set":5,"share":1})",
        R"({"set":"zoom","share":2})", R"({"set":"zoom","share":"1"})", R"({"set":"zoom","share":1e999})",
        R"({"step":7})", R"({"black":1})", R"({"load":"a\u0000b"})", R"({"load":"\u001b[2J"})", "\xff\xfe",
        R"({"pair":1})"}) {
    EXPECT_THROW(parse_remote_command(text), Error) << text;
  }
  EXPECT_THROW(parse_remote_command(std::string(kLongestRemoteMessage, '[')), Error);
  EXPECT_THROW(parse_remote_command("{\"load\":\"" + std::string(kLongestRemoteMessage, 'a') + "\"}"), Error);
}

TEST_F(RemoteCommandTest, Corpus) {
  replay_corpus("remote", [&](const std::vector<uint8_t>& bytes, const std::string& /*file*/) {
    tell({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
}

TEST(RemoteGuard, HostsThatAreOurs) {
  for (const char* host : {"127.0.0.1:8666", "localhost", "LOCALHOST:80", "192.168.1.20:8666", "[::1]:8666",
                           "stage", "stage.local:8666"})
    EXPECT_TRUE(host_is_ours(host, "stage")) << host;
  for (const char* host :
       {"", "evil.example:8666", "127.0.0.1.evil.example", "stage.evil.example", "local", "1.2.3"})
    EXPECT_FALSE(host_is_ours(host, "stage")) << host;
  EXPECT_FALSE(host_is_ours(".local", ""));
}

TEST(RemoteGuard, OriginsThatFit) {
  EXPECT_TRUE(origin_fits("http://127.0.0.1:8666", "127.0.0.1:8666"));
  for (const char* origin : {"", "null", "http://evil.example", "https://127.0.0.1:8666", "http://127.0.0.1",
                             "http://127.0.0.1:8667", "http://127.0.0.1:8666.evil.example"})
    EXPECT_FALSE(origin_fits(origin, "127.0.0.1:8666")) << origin;
}

TEST(RemoteGuard, ACodeCannotBeTriedOut) {
  const PairingCode::Time now;
  PairingCode code("271828");
  EXPECT_TRUE(code.fits("271828", now));
  for (size_t i = 0; i < PairingCode::kMostWrong; ++i)
    EXPECT_FALSE(code.fits("27182" + std::to_string(i % 8), now));
  EXPECT_FALSE(code.fits("271828", now + std::chrono::seconds(59))) << "nobody is let in for a minute";
  EXPECT_TRUE(code.fits("271828", now + std::chrono::seconds(61)));
  EXPECT_EQ(draw_pairing_code().size(), 6U);
}

}  // namespace
}  // namespace reverie
