// Tests inspect and probe from outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <regex>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Stripes along or across, in any phase: one folder each, as PPM.
void write_pictures(const fs::path& folder) {
  for (int i = 0; i < 120; ++i) {
    const fs::path label = folder / (i % 2 ? "across" : "along");
    fs::create_directories(label);
    std::ofstream out(label / (std::to_string(i) + ".ppm"), std::ios::binary);
    out << "P6\n16 16\n255\n";
    for (int p = 0; p < 16 * 16; ++p) {
      const double wave = std::sin((i % 2 ? p % 16 : p / 16) * 1.5708 + i * 2.4);
      for (int c = 0; c < 3; ++c)
        out.put(static_cast<char>(120 + 10 * c + 70 * wave + (i * 31 + p * 17 + c) % 9));
    }
  }
}

constexpr const char* kRecipe = R"(about = "small"
[hourglass]
channels = [6, 8]
[[stage]]
solver = "adam"
batch = 8
iterations = 80
rate = 0.002
)";

class LabLook : public testing::Test {
 protected:
  // One run for all tests of this file.
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TestFolder>("lab-look");
    write_pictures(folder_->path() / "pictures");
    std::ofstream(folder_->path() / "small.toml") << kRecipe;
    run("reverie data import pictures -o set.tfrecord --test-fraction 0.25 -q");
    run("reverie train small.toml --data set.tfrecord -o run -q");
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static Outcome run(const std::string& line) {
    Outcome o = shell(line, folder_->path());
    EXPECT_EQ(o.status, 0) << line << "\n" << o.err;
    return o;
  }
  static void fails(const std::string& line, int status, const std::string& answer) {
    const Outcome o = shell(line, folder_->path());
    EXPECT_EQ(o.status, status) << line;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << line << "\n" << o.err;
    EXPECT_NE(o.err.find(answer), std::string::npos) << line << "\n" << o.err;
  }

  static inline std::unique_ptr<TestFolder> folder_;  // NOLINT: GoogleTest's way to share between tests
};

TEST_F(LabLook, InspectNamesEverySheetItWrites) {
  const Outcome o = run("reverie inspect run --data set.tfrecord -o sheets");
  std::vector<std::string> names;
  for (const std::string& line : split(o.out, '\n')) {
    if (line.empty()) continue;
    const std::string file = line.substr(0, line.find("  "));
    names.push_back(fs::path(file).filename().string());
    EXPECT_GT(line.size(), file.size() + 10) << line;
    const std::vector<uint8_t> bytes = read_file(folder_->path() / file, 1U << 26U);
    ASSERT_GT(bytes.size(), 100U) << file;
    EXPECT_EQ(std::string(bytes.begin() + 1, bytes.begin() + 4), "PNG") << file;
  }
  for (const char* name :
       {"reconstructions.png", "filters-encode1.png", "filters-encode2.png", "filters-encode2-colour.png",
        "filters-decode1.png", "filters-decode2.png", "responses-level1.png", "responses-level2.png",
        "responses-level2-colour.png", "curve-loss.png"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name << "\n" << o.out;
  const auto files =
      std::distance(fs::directory_iterator(folder_->path() / "sheets"), fs::directory_iterator());
  EXPECT_EQ(static_cast<size_t>(files), names.size());  // no partial files, none unlisted
}

TEST_F(LabLook, InspectTakesAFileAndARunByItself) {
  run("cp run/model.safetensors alone.safetensors");
  const Outcome without = run("reverie inspect alone.safetensors --data set.tfrecord -o a --limit 3");
  EXPECT_EQ(without.out.find("curve"), std::string::npos);
  EXPECT_NE(without.err.find("--run"), std::string::npos);
  const Outcome with =
      run("reverie inspect alone.safetensors --run run --data set.tfrecord -o b --split train");
  EXPECT_NE(with.out.find("curve-loss.png"), std::string::npos);
}

TEST_F(LabLook, ProbePrintsALineForEachLevel) {
  const Outcome o = run("reverie probe run --data set.tfrecord -q");
  const std::regex form(R"(level (\d) features (\d+) train ([\d.]+) test ([\d.]+) l2 [\d.]+)");
  std::vector<std::string> lines = split(std::string(trim(o.out)), '\n');
  ASSERT_EQ(lines.size(), 3U) << o.out;
  for (size_t l = 0; l < 3; ++l) {
    std::smatch match;
    ASSERT_TRUE(std::regex_match(lines[l], match, form)) << lines[l];
    EXPECT_EQ(match[1], std::to_string(l));
    EXPECT_EQ(match[2], l == 0 ? "48" : l == 1 ? "96" : "128");
    EXPECT_LE(std::stod(match[4]), 1);
    // cells of 4x4 pixels hide stripes of period 4, the filters' responses do not
    if (l == 1) {
      EXPECT_GT(std::stod(match[4]), 0.9) << o.out;
    }
  }
  EXPECT_EQ(run("reverie probe run --data set.tfrecord -q").out, o.out);
  EXPECT_EQ(run("reverie probe run --data set.tfrecord -q --level 1").out, lines[1] + "\n");
  EXPECT_NE(run("reverie probe run --data set.tfrecord -q --level 0 --grid 0").out.find("features 768"),
            std::string::npos);
}

TEST_F(LabLook, WhatCannotBeDoneIsOneLine) {
  const std::string model = " run --data set.tfrecord";
  fails("reverie inspect", 2, "MODEL");
  fails("reverie inspect run -o x", 2, "--data");
  fails("reverie inspect nothing.safetensors --data set.tfrecord -o x", 1, "nothing.safetensors");
  fails("reverie inspect run --data nothing.tfrecord -o x", 1, "nothing.tfrecord");
  fails("reverie inspect" + model + " -o x --run pictures", 1, "events");
  fails("reverie inspect" + model + " -o x --limit 0", 2, "--limit");
  fails("reverie inspect" + model + " -o set.tfrecord", 1, "set.tfrecord");
  fails("reverie probe" + model + " --level 3", 1, "levels 0 to 2");
  fails("reverie probe" + model + " --levl 3", 2, "did you mean '--level'?");
  run("reverie data import pictures -o untested.tfrecord -q");
  fails("reverie probe run --data untested.tfrecord", 1, "--test-fraction");
  fails("reverie inspect run --data untested.tfrecord -o x", 1, "--split train");
  run("reverie data import pictures/along -o one.tfrecord --test-fraction 0.2 -q");
  fails("reverie probe run --data one.tfrecord", 1, "labels");
  // pictures of another size than the network's, a line and no trace of where LibTorch noticed
  fails("reverie train vae-mnist --data set.tfrecord -o sized -q", 1, "this network sees 28x28");
  EXPECT_FALSE(fs::exists(folder_->path() / "x"));
}

TEST_F(LabLook, BothHaveHelpWithExamples) {
  for (const char* verb : {"inspect", "probe"}) {
    const Outcome o = run(std::string("reverie ") + verb + " --help");
    EXPECT_NE(o.out.find("Examples:"), std::string::npos);
    EXPECT_NE(o.out.find("--data"), std::string::npos);
  }
}

// A level of an hourglass knows more about real pictures than their pixels at the same resolution.
TEST_F(LabLook, ALevelKnowsMoreOfCifarThanItsPixels) {
  const fs::path data = data_folder();
  if (data.empty()) GTEST_SKIP() << "no shared data: set REVERIE_DATA";
  run("reverie data import '" + (data / "cifar10-exact").string() + "' -o cifar.tfrecord -q");
  run("reverie train small.toml --set channels=[12] --set iterations=300 --data cifar.tfrecord -o cifar -q");
  const Outcome o = run("reverie probe cifar --data cifar.tfrecord --limit 2000 --passes 60 -q 2>/dev/null");
  const std::regex form(R"(level 0 .* test ([\d.]+) l2.*\nlevel 1 .* test ([\d.]+) l2[^]*)");
  std::smatch match;
  ASSERT_TRUE(std::regex_match(o.out, match, form)) << o.out;
  EXPECT_GT(std::stod(match[1]), 0.2) << o.out;  // chance: 0.1
  EXPECT_GT(std::stod(match[2]), std::stod(match[1]) + 0.02) << o.out;
}

}  // namespace
}  // namespace reverie
