// Replays the seeds of the fuzzers, and every input that once broke a reader, in the normal build.

#include "core/corpus_test_help.h"
#include "devices/device_test_help.h"
#include "devices/midi_controller.h"
#include "devices/midi_simulated_control.h"
#include "devices/osc_command.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;

class DeviceCorpus : public DeskFixture {};

TEST_F(DeviceCorpus, Osc) {
  replay_corpus("osc", [](const Bytes& bytes, const std::string& /*file*/) {
    for (const OscMessage& m : parse_osc(bytes)) parse_osc_command(m);
  });
}

TEST_F(DeviceCorpus, Midi) {
  MidiMap map;
  for (size_t i = 0; i < midi_control_words().size(); ++i)
    map.bindings.push_back({static_cast<MidiControlKind>(i), 0, static_cast<int>(i % 2), "gain", -1});
  replay_corpus("midi", [&](const Bytes& bytes, const std::string& /*file*/) {
    MidiController controller(desk_, {}, map);
    controller.learn(MidiTarget{"zoom", 1});
    controller.receive(bytes, 0);
    parse_midi_map({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "corpus");
  });
}

TEST_F(DeviceCorpus, MidiLearning) {
  replay_corpus("midi_learn", [&](const Bytes& bytes, const std::string& /*file*/) {
    EXPECT_EQ(check_learning(desk_, {"gain", "zoom"}, bytes), "");
  });
}

}  // namespace
}  // namespace reverie
