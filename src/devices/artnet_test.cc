#include "devices/artnet.h"

#include <thread>

#include "core/corpus_test_help.h"
#include "devices/device_test_help.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;
using Time = DmxController::Time;

Bytes packet(const Bytes& channels, int universe = 0, uint8_t sequence = 0) {
  Bytes bytes = {'A', 'r', 't', '-', 'N', 'e', 't', 0, 0, 0x50, 0, 14, sequence, 0};
  bytes.push_back(static_cast<uint8_t>(universe & 255));
  bytes.push_back(static_cast<uint8_t>(universe >> 8));
  bytes.push_back(static_cast<uint8_t>(channels.size() >> 8));
  bytes.push_back(static_cast<uint8_t>(channels.size() & 255));
  bytes.insert(bytes.end(), channels.begin(), channels.end());
  return bytes;
}

TEST(ArtNetPacket, IsReadAsItWasMade) {
  const Bytes bytes = packet({1, 2, 3, 4}, 0x1234, 9);
  const auto read = parse_artnet(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->universe, 0x1234);
  EXPECT_EQ(read->sequence, 9);
  EXPECT_EQ(Bytes(read->channels.begin(), read->channels.end()), (Bytes{1, 2, 3, 4}));
  Bytes poll = bytes;
  poll[9] = 0x20;
  EXPECT_FALSE(parse_artnet(poll)) << "another operation";
}

TEST(ArtNetPacket, AnythingElseIsRefused) {
  const Bytes good = packet(Bytes(512, 7));
  for (size_t size = 0; size < good.size(); size += 7)
    EXPECT_THROW(parse_artnet(std::span(good).first(size)), Error) << size;
  for (const auto& [place, value] :
       {std::pair<size_t, uint8_t>(0, 'a'), {7, 1}, {11, 13}, {16, 255}, {17, 255}}) {
    Bytes bad = packet({1, 2});
    bad[place] = value;
    EXPECT_THROW(parse_artnet(bad), Error) << place;
  }
  EXPECT_THROW(parse_artnet(packet({})), Error);
}

class ArtNetTest : public DeskFixture {
 protected:
  static DmxMap map() {
    return parse_dmx_map(
        "universe = 3\n[[channel]]\nchannel = 1\nparameter = \"gain\"\n[[channel]]\nchannel = 2\nparameter = "
        "\"zoom\"\nfine = true\n[[channel]]\nchannel = 4\naction = \"blackout\"\n[[channel]]\nchannel = "
        "5\naction = "
        "\"preset\"\n[[channel]]\nchannel = 6\nparameter = \"veil-9.gain\"\n",
        "artnet.toml");
  }
  bool hear(const Bytes& channels, uint8_t sequence = 0, int universe = 3) {
    const Bytes bytes = packet(channels, universe, sequence);
    return controller_.receive(*parse_artnet(bytes), now_);
  }
  Time now_ = std::chrono::steady_clock::now();
  DmxController controller_{desk_, map()};
};

TEST_F(ArtNetTest, AChannelActsWhenItChanges) {
  const double gain = desk_.share("gain");
  EXPECT_TRUE(hear({255, 0, 0, 0, 0, 0}));
  EXPECT_EQ(desk_.share("gain"), gain) << "the first packet says where they stand";
  EXPECT_TRUE(hear({51, 0, 0, 0, 0, 0}));
  EXPECT_NEAR(desk_.share("gain"), 0.2, 1e-9);
  desk_.set_share("gain", -1, 0.9);
  EXPECT_TRUE(hear({51, 0, 0, 0, 0, 0}));
  EXPECT_NEAR(desk_.share("gain"), 0.9, 1e-9) << "repeated, it leaves another hand alone";
  EXPECT_TRUE(hear({51, 0xc0, 1, 200, 0, 9}));
  EXPECT_NEAR(desk_.share("zoom"), 0xc001 / 65535.0, 1e-6);
  EXPECT_TRUE(desk_.is_black());
  EXPECT_TRUE(hear({51, 0xc0, 1, 10, 2, 9}));
  EXPECT_FALSE(desk_.is_black());
  EXPECT_EQ(desk_.chain().name(), desk_.presets()[1].name);
  EXPECT_TRUE(hear({60}));
  EXPECT_NEAR(desk_.share("gain"), 60 / 255.0, 1e-9) << "a short packet has only the first ones";
}

TEST_F(ArtNetTest, OtherUniversesAndLatePacketsDoNothing) {
  hear({0}, 10);
  EXPECT_FALSE(hear({255}, 11, 2));
  EXPECT_TRUE(hear({51}, 12));
  EXPECT_FALSE(hear({255}, 11));
  EXPECT_NEAR(desk_.share("gain"), 0.2, 1e-9);
  EXPECT_TRUE(hear({255}, 13));
  now_ += std::chrono::seconds(2);
  EXPECT_TRUE(hear({0}, 1)) << "the console was started again";
}

TEST_F(ArtNetTest, MistakesInTheMapAreNamedWithTheirLine) {
  const std::string channel = "[[channel]]\nchannel = 1\n";
  for (const std::string& bad :
       {channel, channel + "parameter = \"zom\"", channel + "parameter = \"palette\"",
        channel + "action = \"explode\"", channel + "action = \"parameter\"", std::string("universe = 32768"),
        std::string("[[channel]]\nchannel = 513"),
        std::string("[[channel]]\nchannel = 512\nparameter = \"zoom\"\nfine = true"),
        channel + "parameter = \"zoom\"\nlow = nan", channel + "parameter = \"zoom\"\naction = \"freeze\""})
    EXPECT_NE(message_of([&] { parse_dmx_map(bad, "artnet.toml"); }).find("artnet.toml:"), std::string::npos)
        << bad;
}

TEST_F(ArtNetTest, HearsTheNetwork) {
  ArtNetSettings settings;
  settings.port = 0;
  settings.map = folder_.write("artnet.toml", "[[channel]]\nchannel = 1\nparameter = \"gain\"\n");
  ArtNetServer server(desk_, settings);
  UdpSocket console("127.0.0.1", 0);
  const UdpAddress to = {0x7f000001, static_cast<uint16_t>(server.port())};
  console.send(to, packet({0}));
  console.send(to, Bytes{1, 2, 3});
  console.send(to, Bytes(1400, 0xff));
  for (int i = 0; i < 300 && desk_.share("gain") < 0.99; ++i) {
    console.send(to, packet({static_cast<uint8_t>(i % 2 ? 255 : 254)}));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GT(desk_.share("gain"), 0.99);
  EXPECT_EQ(server.counts().refused, 2U);
  settings.map = folder_.path() / "none.toml";
  EXPECT_NE(message_of([&] { ArtNetServer(desk_, settings); }).find("none.toml"), std::string::npos);
}

TEST_F(ArtNetTest, Corpus) {
  replay_corpus("artnet", [&](const Bytes& bytes, const std::string& /*file*/) {
    if (const auto read = parse_artnet(bytes)) controller_.receive(*read, now_);
  });
}

}  // namespace
}  // namespace reverie
