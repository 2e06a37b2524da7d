#include "discover/crew.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/test_help.h"
#include "discover/crew_worker.h"
#include "discover/messages.h"
#include "discover/search_test_help.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

// A store for the threads of one process.
class MapStore : public KeyValueStore {
 public:
  void set(const std::string& key, const std::string& value) override {
    const std::lock_guard lock(mutex_);
    values_[key] = value;
  }
  std::optional<std::string> get(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto it = values_.find(key);
    return it == values_.end() ? std::optional<std::string>() : it->second;
  }
  int64_t add(const std::string& key, int64_t by) override {
    const std::lock_guard lock(mutex_);
    std::string& value = values_[key];
    const int64_t sum = (value.empty() ? 0 : std::stoll(value)) + by;
    value = std::to_string(sum);
    return sum;
  }
  void erase(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    values_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
};

constexpr const char* kProgram = "reverie of this test";

// Lives so many tries, then it is gone.
class Mortal : public RemoteThread {
 public:
  Mortal(int lives, LifeOptions options, std::vector<std::vector<double>>& bars)
      : lives_(lives), options_(std::move(options)), bars_(bars) {}
  std::optional<Life> live(const Preset& preset, const std::vector<double>& bars) override {
    if (lives_-- == 0) return {};
    bars_.push_back(bars);
    return life_of(preset, options_, plain_files(), nullptr);
  }

 private:
  int lives_;
  LifeOptions options_;
  std::vector<std::vector<double>>& bars_;
};

class CrewTest : public testing::Test {
 protected:
  CrewTest() { settings_ = small_search(folder_); }

  SearchReport searched(Archive& archive, int64_t tries,
                        const std::function<std::unique_ptr<RemoteThread>()>& joined) const {
    return search(archive, {1, 0, tries, joined}, plain_files(), [](Archive&, const SearchReport&) {});
  }

  TemporaryFolder folder_;
  SearchSettings settings_;
};

TEST_F(CrewTest, WhoDiesLosesItsTryAndNoMore) {
  Archive archive(settings_);
  std::vector<std::vector<double>> bars;
  std::unique_ptr<RemoteThread> mortal = std::make_unique<Mortal>(5, settings_.life, bars);
  const SearchReport report = searched(archive, 60, [&] { return std::move(mortal); });
  EXPECT_EQ(report.tried_elsewhere, 5);
  EXPECT_EQ(report.tried, 59);
  EXPECT_EQ(archive.tries, 59);
  EXPECT_GE(archive.count(), 3);
  // each try came with what it had to clear by then
  ASSERT_EQ(bars.size(), 5U);
  const std::vector<double> last = archive.bars();
  ASSERT_EQ(last.size(), 16U);
  for (const auto& b : bars) {
    ASSERT_EQ(b.size(), last.size());
    for (size_t i = 0; i < b.size(); ++i) EXPECT_LE(b[i], last[i]);
  }
  EXPECT_NE(bars.front(), last);
  for (const Find* f : archive.finds()) {
    EXPECT_FALSE(archive.clears(f->life, last)) << "no better than itself";
    EXPECT_TRUE(archive.clears(f->life, std::vector<double>(16, 0.99 * archive.worth(f->life))));
  }
}

TEST_F(CrewTest, ALifeIsTheSameAfterItsWay) {
  const Preset toy = load_preset(settings_.from.front());
  const SentTry sent = parse_try(format_try(toy, {0.1, -1, 1.0 / 3}), 3);
  EXPECT_EQ(format_preset(sent.preset), format_preset(toy));
  EXPECT_EQ(sent.bars, (std::vector<double>{0.1, -1, 1.0 / 3}));

  const Life life = live(toy, settings_.life, plain_files());
  ASSERT_EQ(life.death, "");
  const Life again = parse_life(format_life(life), settings_.life.size);
  EXPECT_EQ(format_figures(again), format_figures(life));
  const PictureFiles files = plain_files();
  EXPECT_EQ(files.jpeg(grid(again.strip, kStripFrames, 1, 0)),
            files.jpeg(grid(life.strip, kStripFrames, 1, 0)));
  Life dead;
  dead.death = "wild";
  EXPECT_EQ(parse_life(format_life(dead), 32).death, "wild");
}

TEST_F(CrewTest, WhatMakesNoSenseIsRefused) {
  const Preset toy = load_preset(settings_.from.front());
  const std::string a_try = format_try(toy, {0.1, -1});
  EXPECT_NE(message_of([&] { parse_try(a_try, 3); }).find("number of cells"), std::string::npos);
  EXPECT_NE(message_of([&] { parse_try("bars = [1]", 1); }).find("cut off"), std::string::npos);
  const std::string life = format_life(live(toy, settings_.life, plain_files()));
  EXPECT_NE(message_of([&] { parse_life(life, 33); }).find("another size"), std::string::npos);
  for (const size_t length : {size_t{0}, size_t{9}, size_t{40}, life.size() - 1})
    EXPECT_NE(message_of([&] { parse_life(life.substr(0, length), 32); }), "") << length;
  EXPECT_NE(message_of([&] { parse_life(std::string("death = \"\"\nquality = inf\0", 25), 32); }), "");
}

// Mean brightness.
Describe describer_of(const std::string& bytes) {
  if (bytes != "network") throw Error("it is another network");
  return [](const Planes& p) {
    const Planes one = resize(luma(p), 1, 1);
    return std::vector<double>{one.at(0, 0, 0)};
  };
}

TEST_F(CrewTest, WhatDescribesGoesAlong) {
  settings_.codes = 1;
  settings_.x = "code-1";
  Archive archive(settings_);
  PictureFiles files = plain_files();
  files.describe = describer_of("network");
  MapStore store;
  std::thread other;
  SearchReport report;
  {
    Crew crew(store, settings_, {kProgram, 1, true, "network"});
    other = std::thread([&] { work_for_search(store, {kProgram, 1, 1, true, describer_of}, plain_files()); });
    const auto joined = [&] { return crew.joined(); };
    report = search(archive, {1, 0, 200, joined}, files, [](Archive&, const SearchReport&) {});
  }
  other.join();
  EXPECT_GT(report.tried_elsewhere, 20);
  ASSERT_GE(archive.count(), 2);
  for (const Find* f : archive.finds())
    EXPECT_EQ(live(f->preset, settings_.life, files).codes, f->life.codes) << f->name();
}

// Who joins in the middle of a search.
TEST_F(CrewTest, TwoFindTogether) {
  Archive archive(settings_);
  MapStore store;
  SearchReport report;
  std::thread other;
  {
    Crew crew(store, archive.settings(), {kProgram, 1, true, ""});
    other = std::thread([&] { work_for_search(store, {kProgram, 1, 2, true, nullptr}, plain_files()); });
    report = searched(archive, 300, [&] { return crew.joined(); });
  }
  other.join();
  EXPECT_EQ(report.tried, 300);
  EXPECT_GT(report.tried_elsewhere, 20);
  EXPECT_LT(report.tried_elsewhere, 300);
  for (const Find* f : archive.finds()) {
    EXPECT_EQ(f->life.strip.size(), static_cast<size_t>(kStripFrames));
    EXPECT_EQ(live(f->preset, settings_.life, plain_files()).quality, f->life.quality) << f->name();
  }
}

TEST_F(CrewTest, AnotherVersionDoesNotJoin) {
  MapStore store;
  store.set(SearchKeys::kProgram, "reverie 0.1");
  store.set(SearchKeys::kSettings, format_settings(settings_));
  EXPECT_NE(message_of([&] {
              work_for_search(store, {kProgram, 1, 1, true, nullptr}, plain_files());
            }).find("that is reverie 0.1, and this is reverie of this test"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
