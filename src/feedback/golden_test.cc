#include "feedback/golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "feedback/kernels/kernel.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

fs::path golden_folder() {
  const char* data = std::getenv("REVERIE_DATA");
  return (data ? fs::path(data) / ".." : fs::path("..") / "shared") / "golden" / "feedback";
}

TEST(Golden, AllKernelsReplayAllGoldens) {
  if (!fs::is_directory(golden_folder())) GTEST_SKIP() << "no goldens in " << golden_folder();
  Threads threads(2);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(golden_folder())) {
    if (entry.path().extension() != ".safetensors") continue;
    ++files;
    const TensorFile file = read_safetensors(entry.path());
    for (const KernelKind& kernel : kernels()) {
      if (!availability(kernel).why_not.empty()) continue;
      const std::vector<GoldenFrame> frames = replay_golden(file, kernel.name, threads);
      EXPECT_EQ(frames.size(), 2U);
      for (const GoldenFrame& f : frames)
        EXPECT_LT(f.error, kGoldenTolerance) << entry.path() << " " << kernel.name << " frame " << f.frame;
    }
  }
  EXPECT_EQ(files, 8);
}

TEST(Golden, Bf16StaysWithinAHundredth) {
  if (!fs::is_directory(golden_folder())) GTEST_SKIP() << "no goldens in " << golden_folder();
  Threads threads(2);
  for (const auto& entry : fs::directory_iterator(golden_folder())) {
    if (entry.path().extension() != ".safetensors") continue;
    const TensorFile file = read_safetensors(entry.path());
    // of two nearly equal magnitudes, rounding may pick the other, which may have the opposite sign
    const double most = file.metadata.at("pool") == "maxmag" ? 3e-2 : 1e-2;
    for (const GoldenFrame& f : replay_golden(file, "cpu", threads, Precision::kBf16)) {
      EXPECT_LT(f.error, most) << entry.path() << " frame " << f.frame;
      EXPECT_GT(f.error, 1e-4) << entry.path() << " frame " << f.frame << ": is this bf16?";
    }
  }
}

TEST(Golden, NoticesAWrongFrame) {
  const fs::path path = golden_folder() / "seed2_mean_wrap.safetensors";
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path;
  TensorFile file = read_safetensors(path);
  file.tensors["frame10.h1"].data[5] += 0.05F;
  Threads threads(1);
  const std::vector<GoldenFrame> frames = replay_golden(file, "reference", threads);
  EXPECT_LT(frames[0].error, kGoldenTolerance);
  EXPECT_GT(frames[1].error, kGoldenTolerance);
}

}  // namespace
}  // namespace reverie
