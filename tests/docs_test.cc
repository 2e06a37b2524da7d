// Every command in README.md and docs/ works: the lines of their ```sh blocks run in turn in a folder with a
// clip in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

fs::path root() {
  const char* set = std::getenv("REVERIE_ROOT");  // NOLINT(concurrency-mt-unsafe)
  return set ? set : ".";
}

std::vector<std::string> shell_lines(const fs::path& page) {
  std::vector<std::string> out;
  bool inside = false;
  for (const std::string& line : split(read_text_file(page), '\n')) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside && !trim(line).empty()) {
      out.push_back(line);
    }
  }
  return out;
}

// A few pictures in two folders, as PPM.
void write_pictures(const fs::path& folder) {
  for (int i = 0; i < 20; ++i) {
    const fs::path label = folder / (i % 2 ? "stripes" : "spots");
    fs::create_directories(label);
    std::ofstream out(label / (std::to_string(i) + ".ppm"), std::ios::binary);
    out << "P6\n40 36\n255\n";
    for (int p = 0; p < 40 * 36 * 3; ++p) out.put(static_cast<char>((p % 120) * (i + 1) + (i % 2) * p / 120));
  }
}

// The same command, made short and small.
std::string quick(std::string line) {
  line = std::regex_replace(line, std::regex(R"(^\./run )"), "reverie ");
#ifdef REVERIE_PLUGIN_FOLDER
  if (line.find("frei0r=") != std::string::npos)
    return "FREI0R_PATH='" REVERIE_PLUGIN_FOLDER "' " +
           std::regex_replace(line, std::regex(" -vf "), " -frames:v 3 -vf ");
#endif
  if (line.starts_with("reverie dream")) {
    line = std::regex_replace(line, std::regex(" +#.*$| --(size|seconds) [^ ]+"), "");
    return line + " -q --steps 1 --octaves 1" + (line.find(".mp4") == std::string::npos ? "" : " --frames 2");
  }
  if (std::regex_search(line, std::regex("^reverie render (drift|latent|strokes)")))
    return std::regex_replace(line, std::regex(" --(size|seconds) [^ ]+"), "") +
           " --size 64x48 --frames 2 -q";
  if (line.starts_with("reverie mogrify") || line.starts_with("reverie render mogrify")) {
    if (line.find(".mp4 -") != std::string::npos || line.ends_with(".mp4")) line += " --frames 2";
    return line.find("--list") == std::string::npos ? line + " -q" : line;
  }
  if (line.starts_with("reverie train mogrify")) {
    line = std::regex_replace(line, std::regex("perceptual=[^ ]+"), "perceptual=models/dream.safetensors");
    return line +
           " -q --set iterations=3 --set features=conv1 --set style_features=conv1 --set "
           "content_features=conv2";
  }
  if (line.starts_with("reverie train texture"))
    return std::regex_replace(line, std::regex("perceptual=[^ ]+"), "perceptual=models/dream.safetensors") +
           " -q --set iterations=3 --set looks=conv1";
  if (line.starts_with("reverie train dcgan") || line.starts_with("reverie train lapgan") ||
      line.starts_with("reverie train vae-") || line.starts_with("reverie train autoencoder-") ||
      line.starts_with("reverie train classifier-mnist"))
    return line + " -q --set iterations=3";
  if (line.starts_with("reverie train denoise")) {
    line = std::regex_replace(line, std::regex(" --set iterations=[0-9]+"), "");
    return line + " -q --set iterations=3";
  }
  if (line.starts_with("reverie discover")) {
    line = std::regex_replace(line, std::regex(" --minutes [0-9]+"), "");
    const bool goes_on = line.find("--resume") != std::string::npos;
    return line + (goes_on ? " -q --tries 6" : " -q --tries 4 --size 32 --frames 120");
  }
  if (line.starts_with("reverie train alive")) {
    line = std::regex_replace(line, std::regex(" --set (size|iterations|rate|batch)=[^ ]+"), "");
    line += " -q --set iterations=2 --set size=32 --set batch=1";
    return line + (line.find("--predict") == std::string::npos ? " --set pool=2 --set steps_most=8"
                                                               : " --set ahead=2 --set warm=2");
  }
  if (line.starts_with("reverie evaluate runs") && line.find("--predict") != std::string::npos)
    return line + " --held-out 1";
  if (line.starts_with("reverie evaluate runs") && line.find(".toml") != std::string::npos)
    return line + " --frames 6 --size 32x32";
  if (line.find("--tiles") != std::string::npos) return line;
  if (line.starts_with("reverie data import"))  // of pictures that are small here
    return std::regex_replace(line, std::regex(" --crops [^ ]+"), " --crops 24x24:20");
  line = std::regex_replace(line, std::regex("--find-rate [0-9]+"), "--find-rate 20");
  if (!line.starts_with("reverie render")) return line;
  line = std::regex_replace(line, std::regex(" +#.*$"), "");
  line = std::regex_replace(line, std::regex(" --(size|seconds|frames) [^ ]+"), "");
  if (line.find("--again") != std::string::npos || line.find("--session") != std::string::npos)
    return line + " -q";
  return line + " -q --size 32x24 --frames 3 --set preroll=0";
}

// README.md and docs/*.md, every kParts-th from one on: several tests, which run side by side.
constexpr size_t kParts = 4;
std::vector<fs::path> pages_of(size_t part) {
  std::vector<fs::path> all = {root() / "README.md"};
  for (const auto& e : fs::directory_iterator(root() / "docs")) {
    if (e.path().extension() == ".md") all.push_back(e.path());
  }
  std::sort(all.begin(), all.end());
  std::vector<fs::path> pages;
  for (size_t i = part; i < all.size(); i += kParts) pages.push_back(all[i]);
  return pages;
}

class Docs : public testing::TestWithParam<size_t> {};

TEST_P(Docs, EveryCommandWorks) {
  const TestFolder folder("docs");
  write_pictures(folder.path() / "pictures");
  ASSERT_EQ(
      shell(
          "reverie render video-feedback --size 64x48 --frames 20 -q -o clip.mp4 && cp clip.mp4 YOUR.mp4 && "
          "ffmpeg -v error -i clip.mp4 -frames:v 1 photo.jpg && ln -s " +
              (root() / "models").string() + " models",
          folder.path())
          .status,
      0);
  const bool lab = shell("reverie train").err.find("leaves out") == std::string::npos;
  int commands = 0;
  for (const fs::path& page : pages_of(GetParam())) {
    if (!lab && read_text_file(page).find("reverie train") != std::string::npos) continue;
    for (const std::string& line : shell_lines(page)) {
      if (line == "./run" || line.starts_with("./test") || line.starts_with("cmake") ||
          line.starts_with("tests/") || line.starts_with("cd build/"))
        continue;
#ifndef REVERIE_PLUGIN_FOLDER
      if (line.find("frei0r") != std::string::npos) continue;
#endif
      if (line.find("v4l2:") != std::string::npos || line.find("camera:") != std::string::npos ||
          line.find("rtmp:") != std::string::npos)
        continue;
      if (!lab && line.find("dream") != std::string::npos) continue;
      const Outcome o = shell(quick(line), folder.path());
      EXPECT_EQ(o.status, 0) << page << ": " << line << "\n" << o.err;
      ++commands;
    }
  }
  EXPECT_GE(commands, 10);
}

INSTANTIATE_TEST_SUITE_P(Part, Docs, testing::Range(size_t{0}, kParts));

}  // namespace
}  // namespace reverie
