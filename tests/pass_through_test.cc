// What goes in comes out: inputs that are passed through unchanged, beside FFmpeg's own view of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 64, kHeight = 48, kPatch = 8;

std::vector<uint8_t> raw(const std::string& file, const std::string& filters) {
  const TestFolder folder("raw");
  const Outcome o =
      shell(fmt::format("ffmpeg -v error -y -i '{}' -an -vf '{}' -f rawvideo -pix_fmt rgb24 '{}'", file,
                        filters, folder.file("x.rgb")));
  return o.status == 0 ? read_file(folder.file("x.rgb"), uint64_t{1} << 32U) : std::vector<uint8_t>();
}

// Mean difference of the means of patches, as 8 bit codes.
double difference(const uint8_t* a, const uint8_t* b) {
  double sum = 0;
  int patches = 0;
  for (int y = 0; y < kHeight; y += kPatch) {
    for (int x = 0; x < kWidth; x += kPatch) {
      for (int c = 0; c < 3; ++c, ++patches) {
        int difference = 0;
        for (int i = 0; i < kPatch * kPatch; ++i) {
          const int at = ((y + i / kPatch) * kWidth + x + i % kPatch) * 3 + c;
          difference += a[at] - b[at];
        }
        sum += std::abs(difference) / static_cast<double>(kPatch * kPatch);
      }
    }
  }
  return sum / patches;
}

TEST(PassThrough, IsWhatFfmpegShows) {
  const fs::path data = data_folder();
  if (data.empty()) GTEST_SKIP() << "no folder of data";
  if (shell("ffmpeg -version").status != 0) GTEST_SKIP() << "no ffmpeg";
  const TestFolder folder("pass");
  std::vector<fs::path> files;
  for (const char* name : {"video", "video_edge"}) {
    for (const auto& e : fs::directory_iterator(data / name)) files.push_back(e.path());
  }
  std::sort(files.begin(), files.end());
  int seen = 0;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const Outcome o =
        shell(fmt::format("reverie render veil --without feedback --input '{}' -o '{}' --size {}x{} --fit "
                          "stretch --seconds 8 -q",
                          file.string(), folder.file("x.mkv"), kWidth, kHeight));
    if (o.status != 0) {  // no pictures, or none that FFmpeg could decode
      EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << name << ": " << o.err;
      EXPECT_TRUE(raw(file.string(), "null").empty()) << name;
      continue;
    }
    const std::string rate = probe_entry(folder.file("x.mkv"), "v:0", "stream=r_frame_rate");
    // FFmpeg turns, scales and times the pictures itself; zscale knows where chroma lies
    const std::string filters = fmt::format(
        "trim=end=8,fps={}:start_time=0:round=near,scale={}:{}:flags=area+accurate_rnd+full_chroma_int", rate,
        kWidth, kHeight);
    const std::vector<uint8_t> theirs = raw(file.string(), filters);
    const std::vector<uint8_t> ours = raw(folder.file("x.mkv"), "null");
    constexpr size_t kFrame = size_t{kWidth} * kHeight * 3;
    ASSERT_FALSE(ours.empty()) << name;
    const size_t n = std::min(ours.size(), theirs.size()) / kFrame;
    EXPECT_NEAR(static_cast<double>(ours.size()) / kFrame, static_cast<double>(theirs.size()) / kFrame, 1)
        << name;
    ASSERT_GT(n, 0U) << name;
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += difference(&ours[i * kFrame], &theirs[i * kFrame]);
    EXPECT_LE(sum / static_cast<double>(n), 2) << name;
    RecordProperty(name, fmt::format("{:.3f}", sum / static_cast<double>(n)));
    GTEST_LOG_(INFO) << fmt::format("{}: {} pictures, {:.3f} of 255", name, n, sum / static_cast<double>(n));
    ++seen;
  }
  EXPECT_GE(seen, 15);
}

}  // namespace
}  // namespace reverie
