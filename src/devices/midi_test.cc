#include "devices/midi.h"

#include <chrono>
#include <functional>
#include <thread>

#include "core/file.h"
#include "devices/device_test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

constexpr const char* kPad = "Pad:Pad MIDI 1 20:0";

MidiMap full_map() {
  MidiMap map;
  map.device = "Pad \"1\"";
  for (size_t i = 0; i < midi_control_words().size(); ++i) {
    const auto kind = static_cast<MidiControlKind>(i);
    const MidiSource source =
        kind == MidiControlKind::kIncrement ? MidiSource::kNrpn : MidiSource::kControlChange;
    map.bindings.push_back(
        {kind, 15, has_number(kind) ? 31 : 0, i % 2 ? "zoom" : "gain", static_cast<int>(i) - 1, source});
  }
  for (const MidiControlKind kind :
       {MidiControlKind::kControl, MidiControlKind::kFineLsbFirst, MidiControlKind::kAuto})
    for (const MidiSource source : {MidiSource::kNrpn, MidiSource::kRpn})
      map.bindings.push_back({kind, 0, kLastMidiNumber, "zoom", -1, source});
  map.bindings.back().range = {-1, 2.5, Curve::kFine};
  map.bindings.back().smooth = 0.25;
  for (size_t i = 0; i < midi_action_words().size(); ++i)
    map.notes.push_back({0, static_cast<int>(i), static_cast<MidiAction>(i)});
  map.notes.push_back({9, 127, {}, 3, ""});
  map.notes.push_back({9, 126, {}, 0, "smöke"});
  map.notes.push_back({9, 125, {}, 0, "veil", 21});
  map.feedback = true;
  return map;
}

TEST(MidiMapFile, ComesBackTheSame) {
  EXPECT_EQ(parse_midi_map(format_midi_map(full_map()), "a.toml"), full_map());
  EXPECT_EQ(parse_midi_map("", "a.toml"), MidiMap());
}

TEST(MidiMapFile, MistakesAreNamedWithTheirLine) {
  const auto error = [](const std::string& text) {
    return message_of([&] { parse_midi_map(text, "pad.toml"); });
  };
  const std::string control = "[[control]]\nchannel = 1\nnumber = 2\n",
                    note = "[[note]]\nchannel = 1\nnote = 2\n";
  EXPECT_NE(
      error(control + "parameter = \"zom\"").find("pad.toml:4: there is no parameter 'zom', did you mean"),
      std::string::npos);
  EXPECT_NE(error(control + "parametr = \"zoom\"").find("pad.toml:4"), std::string::npos);
  for (const std::string& bad :
       {control,
        control + "parameter = \"palette\"",
        control + "parameter = \"levels\"\nlevel = 0",
        control + "parameter = \"zoom\"\nlevel = 16",
        control + "parameter = \"zoom\"\nkind = \"pitch-bend\"",
        control + "parameter = \"zoom\"\nkind = \"slide\"",
        std::string("[[control]]\nchannel = 17\nnumber = 2\nparameter = \"zoom\""),
        std::string("[[control]]\nchannel = 1\nnumber = 128\nparameter = \"zoom\""),
        std::string("[[control]]\nchannel = 1\nparameter = \"zoom\""),
        std::string("[[control]]\nchannel = 1\nnrpn = 16383\nparameter = \"zoom\""),
        std::string("[[control]]\nchannel = 1\nnrpn = 1\nrpn = 1\nparameter = \"zoom\""),
        std::string("[[control]]\nchannel = 1\nrpn = 1\nkind = \"aftertouch\"\nparameter = \"zoom\""),
        control + "parameter = \"zoom\"\nlow = nan",
        control + "parameter = \"zoom\"\ncurve = \"round\"",
        control + "parameter = \"zoom\"\nlow = 0\ncurve = \"log\"",
        control + "parameter = \"zoom\"\nsmooth = -1",
        control + "kind = \"increment\"\nparameter = \"zoom\"",
        control + "nrpn = 1\nparameter = \"zoom\"",
        note,
        note + "action = \"explode\"",
        note + "action = \"next\"\npreset = 1",
        note + "preset = 0",
        note + "preset = \"\"",
        std::string("[[")})
    EXPECT_NE(error(bad).find("pad.toml:"), std::string::npos) << bad;
}

TEST(MidiMapFile, NamesOfDevicesAndFiles) {
  EXPECT_EQ(midi_device_name("nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0"), "nanoKONTROL2 MIDI 1");
  EXPECT_EQ(midi_device_name("Midi Through:Midi Through Port-0 14:0"), "Midi Through Port-0");
  EXPECT_EQ(midi_device_name("Client:other port 128:0"), "Client:other port");
  EXPECT_EQ(midi_device_name("USB MIDI"), "USB MIDI");
  EXPECT_EQ(midi_device_name(""), "MIDI");
  EXPECT_EQ(midi_map_file("f", "Pad 1"), fs::path("f/Pad 1.toml"));
  EXPECT_EQ(midi_map_file("f", "../../etc/passwd"), fs::path("f/_._.._etc_passwd.toml"));
  EXPECT_EQ(midi_map_file("f", "..").parent_path(), fs::path("f"));
  EXPECT_EQ(midi_map_file("f", ""), fs::path("f/_.toml"));
  EXPECT_LE(midi_map_file("f", std::string(1000, 'a')).filename().string().size(), 110U);
}

class MidiPortsTest : public DeskFixture {};

bool soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST_F(MidiPortsTest, AMachineWithoutMidiIsNoMistake) {
  MidiPorts ports(desk_, {});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(ports.tempo().ticking);
  EXPECT_FALSE(ports.learning());
}

TEST_F(MidiPortsTest, MapsAreKeptForEachDevice) {
  const std::string pad = midi_device_name(kPad);
  const fs::path file = folder_.path() / "reverie/midi/Pad MIDI 1.toml";
  {
    MidiPorts ports(desk_, {});
    ports.add_device(pad);
    ports.add_device("Other");
    ports.learn("gain");
    EXPECT_TRUE(ports.learning());
    ports.receive(pad, Bytes{0xb0, 16, 64});
    EXPECT_FALSE(ports.learning());
    ports.receive("Other", Bytes{0xb0, 17, 64});  // learned already
    EXPECT_TRUE(soon([&] { return fs::exists(file); }));
    EXPECT_FALSE(fs::exists(folder_.path() / "reverie/midi/Other.toml"));
    EXPECT_NE(message_of([&] { ports.learn("palette"); }), "");
    EXPECT_NE(message_of([&] { ports.learn("zom"); }), "");
  }
  EXPECT_EQ(parse_midi_map(read_text_file(file), "").bindings.at(0).parameter, "gain");
  {
    MidiPorts ports(desk_, {});
    ports.add_device(pad);
    ports.receive(pad, Bytes{0xb0, 16, 0, 16, 127});
    EXPECT_EQ(value("gain"), 3);
    ports.forget("gain");
  }
  EXPECT_TRUE(parse_midi_map(read_text_file(file), "").bindings.empty());
}

TEST_F(MidiPortsTest, AFileThatCannotBeReadIsLeftAsItIs) {
  const fs::path file = folder_.write("reverie/midi/Pad.toml", "device = 7\n");
  testing::internal::CaptureStderr();
  {
    MidiPorts ports(desk_, {});
    ports.add_device("Pad");
    ports.learn("gain");
    ports.receive("Pad", Bytes{0xb0, 16, 0, 16, 127});
    EXPECT_EQ(value("gain"), 3);
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("Pad.toml:1"), std::string::npos);
  EXPECT_EQ(read_text_file(file), "device = 7\n");
}

TEST_F(MidiPortsTest, TheClockThatRunsCounts) {
  MidiPorts ports(desk_, {});
  ports.add_device("A");
  ports.add_device("B");
  ports.receive("A", Bytes{0xf8, 0xfc});
  EXPECT_TRUE(ports.tempo().ticking);
  EXPECT_FALSE(ports.tempo().running);
  ports.receive("B", Bytes{0xfa, 0xf8});
  EXPECT_TRUE(ports.tempo().running);
}

}  // namespace
}  // namespace reverie
