#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/test_help.h"
#include "discover/map.h"
#include "discover/search_test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

Preset preset_of(const std::string& text) {
  return parse_preset(text, "toy.toml", [](const std::string&) -> Preset { throw Error("no parents here"); });
}

class Discover : public testing::Test {
 protected:
  Discover() { settings_ = small_search(folder_); }
  SearchReport tried(Archive& archive, int64_t tries) const {
    SearchOptions options;
    options.workers = 1;
    options.tries = tries;
    return search(archive, options, plain_files(), [](Archive&, const SearchReport&) {});
  }
  static std::vector<std::string> words(const Archive& archive) {
    std::vector<std::string> all;
    for (const Find* f : archive.finds())
      all.push_back(fmt::format("{} {} {} {} {}", f->number, f->place.column, f->place.row, f->life.quality,
                                format_preset(f->preset)));
    return all;
  }

  TemporaryFolder folder_;
  SearchSettings settings_;
};

TEST_F(Discover, DeathHasItsReason) {
  Preset p = preset_of(kLively);
  EXPECT_EQ(live(p, settings_.life, plain_files()).death, "");
  Preset still = p;
  still.values.set("noise", 0);
  still.values.set("gain", 0);
  EXPECT_EQ(live(still, settings_.life, plain_files()).death, "flat");
  Preset wild = p;
  wild.values.set("noise", 1);
  for (const char* share : {"self", "encode", "decode", "home_rate", "home_centre", "tblur", "sblur"})
    wild.values.set(share, 0);
  EXPECT_EQ(live(wild, settings_.life, plain_files()).death, "wild");
  EXPECT_EQ(live(p, settings_.life, plain_files(), [](const Life&) { return true; }).death, "surpassed");
}

TEST_F(Discover, ALifeIsTheSameEveryTime) {
  const Preset p = preset_of(kLively);
  const Life one = live(p, settings_.life, plain_files());
  const Life two = live(p, settings_.life, plain_files());
  EXPECT_EQ(one.quality, two.quality);
  EXPECT_GT(one.contrast, 0.02);
  EXPECT_GT(one.novelty, 0);
  ASSERT_EQ(one.strip.size(), static_cast<size_t>(kStripFrames));
  EXPECT_GT(mean_absolute_difference(one.strip.front(), one.strip.back()), 0);
}

TEST_F(Discover, TheSameSeedFindsTheSameAndWhatIsKeptLives) {
  Archive one(settings_);
  const SearchReport report = tried(one, 30);
  EXPECT_EQ(report.tried, 30);
  ASSERT_GE(one.count(), 3);
  Archive two(settings_);
  tried(two, 30);
  EXPECT_EQ(words(one), words(two));
  for (const Find* f : one.finds()) {
    const Life again = live(f->preset, settings_.life, plain_files());
    EXPECT_EQ(again.death, "");
    EXPECT_EQ(again.quality, f->life.quality) << f->name();
    EXPECT_EQ(one.place_of(again), f->place);
  }
}

TEST_F(Discover, GoesOnWhereItStopped) {
  Archive whole(settings_);
  tried(whole, 24);
  const fs::path at = folder_.path() / "search";
  Archive part(settings_);
  tried(part, 11);
  write_archive(at, part, plain_files());
  Archive again = read_archive(at);
  EXPECT_EQ(again.tries, 11);
  tried(again, 24);
  EXPECT_EQ(words(again), words(whole));
}

// What a network says is an axis like any other, and stays with the finds.
TEST_F(Discover, ALearnedMapIsSortedByCodes) {
  settings_.x = "code-2";
  settings_.y = "brightness";
  EXPECT_NE(message_of([&] { Archive(SearchSettings(settings_)); }).find("--describe"), std::string::npos);
  settings_.codes = 1;
  EXPECT_NE(message_of([&] { Archive(SearchSettings(settings_)); }).find("the network has 1 code"),
            std::string::npos);
  settings_.codes = 2;
  PictureFiles files = plain_files();
  files.describe = [](const Planes& p) {  // how red, how blue
    return std::vector<double>{p.at(0, 5, 5), p.at(2, 5, 5)};
  };
  PictureFiles broken = plain_files();
  broken.describe = [](const Planes&) { return std::vector<double>{std::nan(""), 7}; };
  EXPECT_EQ(live(preset_of(kLively), settings_.life, broken).codes, (std::vector<double>{0, 1}));
  Archive archive(settings_);
  const SearchOptions options = {.workers = 1, .tries = 40};
  search(archive, options, files, [](Archive&, const SearchReport&) {});
  ASSERT_GE(archive.count(), 3);
  for (const Find* f : archive.finds()) {
    const Life again = live(f->preset, settings_.life, files);
    ASSERT_EQ(again.codes.size(), 2U);
    EXPECT_EQ(again.codes, f->life.codes) << f->name();
    EXPECT_EQ(f->place.column, std::min(3, static_cast<int>(4 * again.codes[1])));
  }
  const fs::path at = folder_.path() / "learned";
  write_archive(at, archive, files);
  const Archive read = read_archive(at);
  EXPECT_EQ(read.settings().codes, 2);
  EXPECT_EQ(words(read), words(archive));
  for (size_t i = 0; i < read.finds().size(); ++i) {
    ASSERT_EQ(read.finds()[i]->life.codes.size(), 2U);
    EXPECT_NEAR(read.finds()[i]->life.codes[1], archive.finds()[i]->life.codes[1], 1e-12);
  }
}

// With several workers a try may be kept before an earlier one has ended, and the search be stopped then.
TEST_F(Discover, NoTwoFindsHaveOneName) {
  Archive archive(settings_);
  tried(archive, 6);
  archive.tries = 2;
  const int64_t next = archive.next_number();
  ASSERT_GT(next, 2);
  tried(archive, 24);
  std::set<std::string> names;
  for (const Find* f : archive.finds()) names.insert(f->name());
  EXPECT_EQ(names.size(), static_cast<size_t>(archive.count()));
  EXPECT_EQ(archive.tries, 2 + 24 - next);
}

TEST_F(Discover, TheFolderHoldsWhatIsKept) {
  const fs::path at = folder_.path() / "search";
  Archive archive(settings_);
  tried(archive, 12);
  write_archive(at, archive, plain_files());
  tried(archive, 24);
  write_archive(at, archive, plain_files());
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(at)) files += entry.path().extension() == ".toml";
  EXPECT_EQ(files, static_cast<size_t>(archive.count()) + 1);  // and search.toml
  for (const Find* f : archive.finds()) {
    EXPECT_TRUE(fs::exists(strip_file(at, *f)));
    EXPECT_EQ(format_preset(load_preset((at / (f->name() + ".toml")).string())), format_preset(f->preset));
  }
  const std::string page = map_page(at, archive);
  for (const Find* f : archive.finds())
    EXPECT_NE(page.find("data-name=\"" + f->name() + "\""), std::string::npos);
}

TEST_F(Discover, TheBetterOneStays) {
  Archive archive(settings_);
  const auto of = [](int64_t number, double quality) {
    Find f;
    f.number = number;
    f.life.quality = quality;
    return f;
  };
  EXPECT_TRUE(archive.add(of(1, 0.5)));
  EXPECT_FALSE(archive.add(of(2, 0.4)));
  EXPECT_TRUE(archive.add(of(3, 0.6)));
  EXPECT_EQ(archive.at({0, 0})->number, 3);
  EXPECT_EQ(archive.count(), 1);
  EXPECT_FALSE(archive.takes({1, 1}, Life()));
}

TEST_F(Discover, InACellTasteCounts) {
  const auto of = [](int64_t number, double quality, double colour) {
    Find f;
    f.number = number;
    f.life.quality = quality;
    f.life.colour = colour;
    return f;
  };
  settings_.likes = {verdict_on(of(0, 1, 0.4).life, "", true), verdict_on(of(0, 1, 0).life, "", false)};
  Archive archive(settings_);
  EXPECT_TRUE(archive.add(of(1, 0.5, 0.2)));
  EXPECT_TRUE(archive.add(of(2, 0.3, 0.4))) << "liked";
  EXPECT_FALSE(archive.add(of(3, 0.9, 0))) << "refused";
  EXPECT_TRUE(archive.add(of(4, 0.4, 0.4)));
}

double mean_factor(const Taste& taste, const Archive& archive) {
  double sum = 0;
  for (const Find* f : archive.finds()) sum += taste.factor(f->life);
  return sum / archive.count();
}

// The more colourful half of what one search found is liked, the other refused: the next finds more of it.
TEST_F(Discover, WhatIsLikedIsFoundMore) {
  settings_.cells = 6;
  const auto searched = [&](uint64_t seed, std::vector<Verdict> likes) {
    settings_.seed = seed;
    settings_.likes = std::move(likes);
    Archive archive(settings_);
    tried(archive, 80);
    return archive;
  };
  const Archive first = searched(1, {});
  std::vector<double> colours;
  for (const Find* f : first.finds()) colours.push_back(f->life.colour);
  ASSERT_GE(colours.size(), 4U);
  std::sort(colours.begin(), colours.end());
  std::vector<Verdict> likes;
  for (const Find* f : first.finds())
    likes.push_back(verdict_on(f->life, "", f->life.colour >= colours[colours.size() / 2]));
  const Taste taste(likes);
  double led = 0;
  double alone = 0;
  for (const uint64_t seed : {3U, 4U, 5U}) {
    led += mean_factor(taste, searched(seed, likes));
    alone += mean_factor(taste, searched(seed, {}));
  }
  EXPECT_GT(led, 1.1 * alone);
}

TEST_F(Discover, TheLikesOfASearchStayWithIt) {
  const fs::path at = folder_.path() / "search";
  Life life;
  life.colour = 0.3;
  settings_.likes = {verdict_on(life, "x", true)};
  Archive whole(settings_);
  tried(whole, 24);
  Archive part(settings_);
  tried(part, 11);
  write_archive(at, part, plain_files());
  Archive again = read_archive(at);
  ASSERT_EQ(again.settings().likes.size(), 1U);
  tried(again, 24);
  EXPECT_EQ(words(again), words(whole));
}

TEST_F(Discover, WhatCannotBeSearchedIsSaid) {
  settings_.x = settings_.y;
  EXPECT_THROW(Archive(settings_).count(), Error);
  settings_.x = "grian";
  EXPECT_NE(message_of([&] { Archive(settings_).count(); }).find("grain"), std::string::npos);
  settings_.x = "grain";
  settings_.from = {"veil"};
  Archive archive(settings_);
  EXPECT_NE(message_of([&] { tried(archive, 1); }).find("input"), std::string::npos);
  folder_.write("broken/search.toml",
                "x = \"grain\"\ny = \"motion\"\ncells = 4\nsize = 32\nframes = 120\nseed = 1\ntries = 3\n"
                "[[find]]\nnumber = 1\ncell = [7, 0]\n");
  EXPECT_NE(message_of([&] { read_archive(folder_.path() / "broken"); }).find("search.toml:10"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
