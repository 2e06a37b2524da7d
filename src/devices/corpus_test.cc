// Replays the seeds of the fuzzers, and every input that once broke a reader, in the normal build.
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>

#include "core/file.h"
#include "devices/device_test_help.h"
#include "devices/midi_controller.h"
#include "devices/osc_command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

// Calls parse(bytes) on each file of tests/fuzz/corpus/NAME.  Those named valid-* must parse, those named
// broken-* must be refused with an Error, and no file may do anything else.
void replay(const std::string& name, const std::function<void(const Bytes&)>& parse) {
  const char* root = std::getenv("REVERIE_ROOT");
  const fs::path folder = fs::path(root != nullptr ? root : ".") / "tests" / "fuzz" / "corpus" / name;
  std::set<fs::path> files;  // in one order on every machine
  for (const auto& f : fs::directory_iterator(folder)) files.insert(f.path());
  ASSERT_FALSE(files.empty()) << folder;
  for (const fs::path& file : files) {
    SCOPED_TRACE(file);
    const std::string stem = file.filename().string();
    const std::string refused = message_of([&] { parse(read_file(file, 1U << 20U)); });
    EXPECT_FALSE(stem.starts_with("valid") && !refused.empty()) << refused;
    EXPECT_FALSE(stem.starts_with("broken") && refused.empty());
  }
}

class DeviceCorpus : public DeskFixture {};

TEST_F(DeviceCorpus, Osc) {
  replay("osc", [](const Bytes& bytes) {
    for (const OscMessage& m : parse_osc(bytes)) parse_osc_command(m);
  });
}

TEST_F(DeviceCorpus, Midi) {
  MidiMap map;
  for (int i = 0; i < 6; ++i) map.bindings.push_back({static_cast<MidiControlKind>(i), 0, i % 2, "gain", -1});
  replay("midi", [&](const Bytes& bytes) {
    MidiController controller(desk_, {}, map);
    controller.learn(MidiTarget{"zoom", 1});
    controller.receive(bytes, 0);
    parse_midi_map({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "corpus");
  });
}

}  // namespace
}  // namespace reverie
