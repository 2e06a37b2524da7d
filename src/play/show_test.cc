#include "play/show.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "core/test_help.h"
#include "play/keys.h"

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
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "reverie/unsaved.toml"));
  show_->desk().set("gain", "1.5");
  show_->keep_unsaved();
  EXPECT_EQ(load_preset((folder_.path() / "reverie/unsaved.toml").string()).values.number("gain"), 1.5);
}

}  // namespace
}  // namespace reverie
