// What version 0.1 wrote is read and gives the frames that it gave then: sessions, descriptions in media,
// presets and MIDI maps, as tests/version-0.1 keeps them.
//
// The frames are compared to within one step of 8 bits, because C libraries differ in the last bit of a sine;
// tests/version-0.1/compare asks two programs for the same bits on one machine.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "command.h"
#include "media/picture.h"

#if defined(REVERIE_HAS_DEVICES)
#include "devices/midi_map.h"
#endif

namespace reverie {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "tests/version-0.1";

struct Case {
  std::string name;
  int frames = 0;
  std::string words;  // of `reverie render`
};

std::vector<Case> cases() {
  std::vector<Case> all;
  std::ifstream list(kFolder / "cases");
  for (std::string line; std::getline(list, line);) {
    const std::vector<std::string> columns = split(line, '|');
    if (line.starts_with('#') || columns.size() != 3) continue;
    all.push_back({std::string(trim(columns[0])), std::stoi(columns[1]), std::string(trim(columns[2]))});
  }
  return all;
}

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class OldFile : public testing::TestWithParam<Case> {};

// Column x of a frame is column at * width + x of the picture that holds three frames side by side.
void expect_frame(const Planes& frame, const Planes& kept, int at, int& equal) {
  ASSERT_EQ(frame.height(), kept.height());
  ASSERT_EQ(3 * frame.width(), kept.width());
  float largest = 0;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < frame.height(); ++y) {
      for (int x = 0; x < frame.width(); ++x) {
        const float away = std::abs(frame.at(c, y, x) - kept.at(c, y, at * frame.width() + x));
        largest = std::max(largest, away);
        equal += away == 0 ? 1 : 0;
      }
    }
  }
  // 1 with Debian 12's compiler and mathematical functions, 2 with Debian 13's
  EXPECT_LT(largest * 255, 2.01F) << "of the first, the middle and the last frame, number " << at;
}

TEST_P(OldFile, GivesTheFramesItGaveThen) {
  const Case& c = GetParam();
  const TestFolder made("old-file");
  // a player's own presets have nothing to say here
  const Outcome o = shell(fmt::format("unset REVERIE_PRESETS; export XDG_CONFIG_HOME='{0}/none'; "
                                      "reverie render {1} --kernel reference -q -o '{0}/frames/'",
                                      made.path().string(), c.words),
                          kFolder);
  ASSERT_EQ(o.status, 0) << o.err;
  const auto count = std::distance(fs::directory_iterator(made.path() / "frames"), fs::directory_iterator());
  ASSERT_EQ(count, c.frames);
  const Planes kept = read_picture(kFolder / "frames" / (c.name + ".png"));
  int equal = 0;
  const int numbers[] = {1, (c.frames + 1) / 2, c.frames};
  for (int i = 0; i < 3; ++i) {
    const Planes frame = read_picture(made.path() / fmt::format("frames/{:05}.png", numbers[i]));
    expect_frame(frame, kept, i, equal);
  }
  fmt::print("{} of {} samples are the same to the bit\n", equal, kept.data().size());
}

INSTANTIATE_TEST_SUITE_P(Version01, OldFile, testing::ValuesIn(cases()), [](const auto& of) {
  std::string name = of.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(OldFiles, EveryFileIsPlayedByACase) {
  const std::string list = read_text_file(kFolder / "cases");
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    const std::string ending = entry.path().extension().string();
    const bool is_case = ending == ".session" || ending == ".mp4" || ending == ".mov" || ending == ".webm" ||
                         ending == ".mkv" ||
                         (ending == ".toml" && name != "base.toml" && name != "midi.toml");
    if (is_case && name != "clip.mkv") {
      EXPECT_NE(list.find(name), std::string::npos) << name;
    }
  }
}

#if defined(REVERIE_HAS_DEVICES)
TEST(OldFiles, AMidiMapMeansWhatItMeantThen) {
  const MidiMap map = parse_midi_map(read_text_file(kFolder / "midi.toml"), "midi.toml");
  EXPECT_EQ(map.device, "nanoKONTROL2 MIDI 1");
  const std::vector<MidiBinding> bindings = {
      {MidiControlKind::kControl, 0, 16, "advect", -1},  {MidiControlKind::kFine, 0, 17, "zoom", 2},
      {MidiControlKind::kRelative, 1, 18, "squash", -1}, {MidiControlKind::kOffset, 15, 127, "levels", -1},
      {MidiControlKind::kPitchBend, 2, 0, "rotate", 0},  {MidiControlKind::kAftertouch, 3, 0, "dry", -1}};
  EXPECT_EQ(map.bindings, bindings);
  const std::vector<MidiNote> notes = {{9, 36, {}, 0, "smoke"},
                                       {9, 37, {}, 3, ""},
                                       {9, 38, MidiAction::kNoise, 0, ""},
                                       {9, 39, MidiAction::kRandomize, 0, ""},
                                       {9, 40, MidiAction::kRedo, 0, ""}};
  EXPECT_EQ(map.notes, notes);
}
#endif

}  // namespace
}  // namespace reverie
