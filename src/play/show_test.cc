#include "play/show.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <thread>

#include "control/session.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/test_help.h"
#include "play/follow.h"
#include "play/keys.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

class ShowTest : public testing::Test {
 protected:
  ShowTest() {
    setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1);
    setenv("XDG_STATE_HOME", folder_.path().c_str(), 1);
    request_.set.chain = load_preset("smoke");
    request_.set.width = 32;
    request_.set.height = 24;
    request_.set.kernel = "cpu";
    request_.set.threads = 1;
    request_.midi = false;
    request_.folder = (folder_.path() / "out").string();
  }
  ~ShowTest() override {
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
  }

  bool press_key(const std::string& name) { return press(name, *show_, wishes_); }
  void start() { show_ = std::make_unique<Show>(request_); }
  // Waits for it, for ten seconds at most.
  static bool soon(const std::function<bool()>& true_at_last) {
    for (int i = 0; i < 1000 && !true_at_last(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return true_at_last();
  }

  TemporaryFolder folder_;
  ShowRequest request_;
  WindowWishes wishes_;
  std::unique_ptr<Show> show_;
};

TEST_F(ShowTest, TheSetlistIsGoneThroughWithItsFades) {
  request_.setlist = folder_.path() / "evening.toml";
  write_setlist(request_.setlist, {{"veil", 0.25, "doors"}, {"nosuch", 1, ""}, {"marble", 3, ""}});
  request_.set.session = (folder_.path() / "a.session").string();
  start();
  EXPECT_TRUE(press_key("PageUp")) << "from the end";
  EXPECT_EQ(show_->desk().chain().name(), "marble");
  show_->try_to([&] { show_->setlist_step(1); });
  EXPECT_NE(show_->message().find("last"), std::string::npos) << show_->message();
  show_->setlist_go(0);
  EXPECT_EQ(show_->desk().chain().name(), "veil");
  EXPECT_NE(show_->message().find("doors"), std::string::npos) << show_->message();
  show_->try_to([&] { show_->setlist_step(1); });
  EXPECT_EQ(show_->setlist_place(), 0U) << "the preset is not there: nothing has changed";
  EXPECT_NE(message_of([&] { show_->setlist_go(3); }), "");
  show_->set_setlist({{"smoke", 1, "x"}});
  EXPECT_EQ(read_setlist(request_.setlist).size(), 1U);
  EXPECT_EQ(soon([&] { return show_->set().status().frames > 3; }), true);
  show_.reset();
  const Session session = read_session(request_.set.session);
  std::vector<double> fades;
  for (const TimedEvent& e : session.events) {
    if (const auto* c = std::get_if<ChangeChain>(&e.event)) fades.push_back(c->fade);
    if (const auto* c = std::get_if<ChangePreset>(&e.event)) fades.push_back(c->fade);
  }
  EXPECT_EQ(fades, (std::vector<double>{3, 0.25}));
}

TEST_F(ShowTest, ASetlistThatIsNotThereYetIsSaidAndWritten) {
  request_.setlist = folder_.path() / "nofile.toml";
  start();
  const auto said = show_->messages();
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const std::string& line) {
    return line.find("nofile.toml: there is no such file yet") != std::string::npos;
  }));
  show_->set_setlist({{"smoke", 1, ""}});
  EXPECT_EQ(read_setlist(request_.setlist).size(), 1U);
}

TEST(Keys, TheDocsNameEveryOne) {
  const char* root = std::getenv("REVERIE_ROOT");
  const std::string page = read_text_file(std::filesystem::path(root ? root : ".") / "docs/play.md");
  for (const Key& key : keys()) {
    if (key.help.empty()) continue;
    EXPECT_NE(page.find("| `" + key.name + "` | " + key.help + " |"), std::string::npos) << key.name;
  }
}

TEST(Keys, EachHasOneMeaning) {
  std::set<std::string> names;
  for (const Key& key : keys()) EXPECT_TRUE(names.insert(key.name).second) << key.name;
}

TEST_F(ShowTest, KeysTurnTheDeskAndTheWindow) {
  start();
  EXPECT_TRUE(press_key("a"));
  EXPECT_EQ(show_->desk().preset().values.integer("activation"), 1);
  EXPECT_TRUE(press_key("Right"));
  EXPECT_EQ(show_->desk().preset().name, "stained-glass");
  EXPECT_TRUE(press_key("Ctrl+Z"));
  EXPECT_EQ(show_->desk().preset().name, "smoke");
  EXPECT_TRUE(press_key("?"));
  EXPECT_TRUE(wishes_.help);
  EXPECT_FALSE(press_key("F3"));
  EXPECT_TRUE(press_key("Space"));
  EXPECT_TRUE(show_->desk().input_stands());
  EXPECT_TRUE(press_key("Space"));
  EXPECT_FALSE(show_->desk().input_stands());
}

TEST_F(ShowTest, AFadeTakesWhatTheDeskSays) {
  start();
  ASSERT_TRUE(soon([&] { return show_->set().status().frames > 2; }));
  show_->desk().set_fade(0.2);
  press_key("w");
  EXPECT_TRUE(soon([&] { return show_->set().status().fading; }));
  EXPECT_TRUE(soon([&] { return !show_->set().status().fading; }));
}

TEST_F(ShowTest, WhatIsWrongIsSaidAndTheShowGoesOn) {
  start();
  show_->try_to([&] { show_->desk().set("gain", "1e9"); });
  EXPECT_NE(show_->message().find("gain"), std::string::npos);
  show_->desk().load_weights("presets/smoke.toml");  // no weights: the engine refuses it later
  EXPECT_TRUE(soon([&] { return show_->message().find("smoke.toml") != std::string::npos; }));
  EXPECT_EQ(show_->desk().preset().values.text("weights"), "normal");
}

TEST_F(ShowTest, SnapshotsAndRecordingsAreThere) {
  start();
  ASSERT_TRUE(soon([&] { return show_->set().status().frames > 2; }));
  show_->snapshot();
  show_->toggle_recording();
  EXPECT_TRUE(soon([&] {
    const auto r = show_->set().status().recordings;
    return !r.empty() && r[0].frames > 5;
  }));
  show_->toggle_recording();
  EXPECT_TRUE(soon([&] { return show_->set().status().recordings.empty(); }));
  show_.reset();
  int files = 0;
  for (const auto& e : std::filesystem::directory_iterator(folder_.path() / "out"))
    files += e.file_size() > 100 ? 1 : 0;
  EXPECT_EQ(files, 2);
}

TEST_F(ShowTest, TapsMakeTheTempo) {
  start();
  for (int i = 0; i < 4; ++i) {
    show_->tap();
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  EXPECT_TRUE(
      soon([&] { return show_->set().status().signals.tempo > 180; }));  // 240, or less on a busy machine
  EXPECT_NE(message_of([&] { show_->set_tempo(1e6); }), "");
  show_->set_tempo(90);
  EXPECT_TRUE(soon([&] { return show_->set().status().signals.tempo == 90; }));
}

TEST_F(ShowTest, TheUnsavedPresetIsKept) {
  start();
  show_->keep_unsaved();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "reverie/unsaved"));
  show_->desk().set("gain", "1.5");
  show_->keep_unsaved();
  EXPECT_TRUE(left_unsaved(unsaved_folder()).empty());  // its set is alive
  {
    Show other(request_);  // a second one, at the same time
    other.desk().set("gain", "1.25");
    other.keep_unsaved();
  }
  ASSERT_EQ(left_unsaved(unsaved_folder()).size(), 1U);
  EXPECT_EQ(load_preset(left_unsaved(unsaved_folder())[0].string()).values.number("gain"), 1.25);
  show_.reset();
  EXPECT_EQ(left_unsaved(unsaved_folder()).size(), 2U);
  start();
  ASSERT_EQ(show_->left_unsaved().size(), 2U);
  show_->recover(show_->left_unsaved()[1]);
  EXPECT_EQ(show_->desk().preset().values.number("gain"), 1.5);
  show_->discard(std::filesystem::path(show_->left_unsaved()[0]));
  EXPECT_EQ(left_unsaved(unsaved_folder()).size(), 1U);
}

TEST_F(ShowTest, AMissingCameraIsSwitchedOffAgain) {
  request_.set.input = "camera:63";
  start();
  ASSERT_TRUE(soon([&] { return !show_->set().status().input.awaited_trouble.empty(); }));
  press_key("c");
  EXPECT_TRUE(soon([&] { return !show_->set().status().input.wanted(); }));
  press_key("c");
  EXPECT_TRUE(soon([&] { return show_->set().status().input.awaited == "camera:63"; }));
}

TEST_F(ShowTest, WhatIsDroppedIsTakenForWhatItIs) {
  start();
  const auto file = folder_.write("LOUD.TOML", "[parameters]\ngain = 1.75\n");
  show_->drop(file.string());
  EXPECT_EQ(show_->desk().preset().values.number("gain"), 1.75);
  show_->drop(" test:testsrc2\n");  // text, as it is dragged from elsewhere
  EXPECT_TRUE(soon([&] { return show_->set().status().input.spec == "test:testsrc2"; }));
}

TEST_F(ShowTest, PanicGoesBackToTheStartAtOnce) {
  start();
  show_->desk().set("gain", "2.5");
  show_->desk().freeze(true);
  press_key("x");
  EXPECT_EQ(show_->desk().preset().values.number("gain"), 1.2);
  EXPECT_FALSE(show_->desk().is_frozen());
  EXPECT_FALSE(show_->desk().changed());
}

TEST_F(ShowTest, ADownbeatBeginsABar) {
  start();
  ASSERT_TRUE(soon([&] { return show_->set().status().signals.beats > 0.6; }));
  show_->set_tempo(1);  // nearly stands still
  show_->downbeat();
  EXPECT_TRUE(soon([&] { return std::fmod(show_->set().status().signals.beats, 4) < 0.5; }));
}

TEST_F(ShowTest, WhatIsSaidAnywhereIsSaidInTheWindow) {
  start();
  warning("the engine cannot keep up");
  EXPECT_NE(show_->message().find("cannot keep up"), std::string::npos);
  EXPECT_NE(show_->messages().back().find("cannot keep up"), std::string::npos);
}

// A model of one level, all of whose weights are `value`.
TensorFile one_level(float value) {
  TensorFile m;
  m.tensors["encode1.weight"] = {{4, 3, 3, 3}, std::vector<float>(108, value)};
  m.tensors["encode1.bias"] = {{4}, std::vector<float>(4, value)};
  m.tensors["decode1.weight"] = {{4, 3, 2, 2}, std::vector<float>(48, value)};
  m.tensors["decode1.bias"] = {{3}, std::vector<float>(3, value)};
  m.metadata = {{"family", "hourglass"}, {"pool_size", "2"}};
  return m;
}

TEST_F(ShowTest, TheWeightsOfARunAreFollowedAndKept) {
  const std::filesystem::path run = folder_.path() / "run";
  const std::filesystem::path copies = folder_.path() / "copies";
  override_value(request_.set.chain.parts[0].preset, "levels", "1");
  request_.set.session = (folder_.path() / "a.session").string();
  start();
  EXPECT_NE(message_of([&] { RunFollower(run, copies, show_->desk()); }).find("there is no such run"),
            std::string::npos);
  std::filesystem::create_directories(run);
  RunFollower follower(run, copies, show_->desk());
  EXPECT_FALSE(follower.look());  // no checkpoint yet
  for (int n = 1; n <= 2; ++n) {
    write_safetensors(run / "model.safetensors", one_level(0.1F * static_cast<float>(n)));
    std::filesystem::last_write_time(run / "model.safetensors",
                                     std::filesystem::file_time_type::clock::now() + std::chrono::seconds(n));
    EXPECT_TRUE(follower.look());
    EXPECT_FALSE(follower.look());
    EXPECT_EQ(follower.models(), n);
    const std::string copy = (copies / fmt::format("000{}.safetensors", n)).string();
    EXPECT_EQ(show_->desk().preset().values.text("weights"), copy);
    EXPECT_EQ(read_safetensors(copy).get("encode1.bias").data[0], 0.1F * static_cast<float>(n));
    EXPECT_TRUE(soon([&] {
      const auto shown = show_->set().newest(-1);
      return shown && shown->values[0].second.text("weights") == copy;
    })) << copy;
  }
  // the session names the copies, and the run may be gone
  show_->set().stop();
  show_->set().wait();
  show_.reset();
  std::filesystem::remove_all(run);
  const Session session = read_session(folder_.path() / "a.session");
  int changes = 0;
  for (const TimedEvent& e : session.events) {
    const auto* change = std::get_if<ChangePreset>(&e.event);
    if (change == nullptr) continue;
    const std::string copy = (copies / fmt::format("000{}.safetensors", ++changes)).string();
    EXPECT_EQ(change->preset.values.text("weights"), copy);
  }
  EXPECT_EQ(changes, 2);
}

}  // namespace
}  // namespace reverie
