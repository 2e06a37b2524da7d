// reverie doctor: what this machine supports, and whether the kernels compute the right result.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "about.h"
#include "control/preset.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/signals.h"
#include "core/text.h"
#include "feedback/golden.h"
#include "feedback/kernels/cpu/amx.h"
#include "feedback/kernels/kernel.h"
#include "media/devices.h"
#if REVERIE_WITH_PLAY
#include "link/link_session.h"
#include "play/opengl.h"
#include "play/sound_input.h"
#endif
#include "verbs.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

// What the CPU supports beyond its base instruction set, as far as it matters here.
std::string simd() {
  std::vector<std::string> names;
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("sse4.2")) names.emplace_back("SSE4.2");
  if (__builtin_cpu_supports("avx2")) names.emplace_back("AVX2");
  if (__builtin_cpu_supports("fma")) names.emplace_back("FMA");
  if (__builtin_cpu_supports("avx512f")) names.emplace_back("AVX-512");
  if (__builtin_cpu_supports("avx512bf16")) names.emplace_back("AVX-512 BF16");
  if (cpu::has_amx()) names.emplace_back("AMX BF16");
#elif defined(__aarch64__)
  names.emplace_back("NEON");
#endif
  return names.empty() ? "nothing special" : join(names, ", ");
}

// What a kernel runs on, or why it is not there.
std::string where(const KernelKind& kernel) {
  const Availability& here = availability(kernel);
  if (!here.why_not.empty())
    return fmt::format(" (not here: {}{})", here.what.empty() ? "" : here.what + ": ", here.why_not);
  if (here.what.empty()) return "";
  return fmt::format(" ({}{})", here.what, here.automatic ? "" : "; a software driver, only by --kernel");
}

#if REVERIE_WITH_PLAY
// Who shares a tempo in this network; they answer within a moment.
std::string link_text() {
  if (!link_is_built_in()) return "not built in (-DREVERIE_LINK=ON)";
  LinkSession session(kDefaultTempo, 4);
  for (int i = 0; i < 20 && session.peers() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return fmt::format("built in, {} {}", session.peers(), session.peers() == 1 ? "peer" : "peers");
}
#endif

int report() {
  fmt::print("{}\n", about());
  fmt::print("cores      {}\n", std::thread::hardware_concurrency());
  fmt::print("SIMD       {}\n", simd());
  for (const KernelKind& k : kernels()) fmt::print("kernel     {}: {}{}\n", k.name, k.help, where(k));
  fmt::print("kernel     auto: {}\n", find_kernel("auto").name);
  fmt::print("precision  fp32 (default), bf16: {}\n",
             cpu::has_amx() ? "with AMX, faster" : "without AMX, the same arithmetic but slower");
  for (const EncoderInfo& e : list_encoders()) {
    fmt::print("encoder    {}: {}{}\n", e.name, e.use, e.available ? "" : " (missing)");
  }
  const std::vector<CameraInfo> cameras = list_cameras();
  for (const CameraInfo& c : cameras) fmt::print("camera     {}: {}\n", c.spec, c.name);
  if (cameras.empty()) fmt::print("camera     none found\n");
#if REVERIE_WITH_PLAY
  fmt::print("window     {}\n", describe_drawing());
  const std::vector<std::string> sounds = sound_devices();
  for (const std::string& s : sounds) fmt::print("sound      {}\n", s);
  if (sounds.empty()) fmt::print("sound      no input device found\n");
  fmt::print("Link       {}\n", link_text());
#endif
  for (const auto& folder : preset_folders()) fmt::print("presets    {}\n", folder.string());
  return 0;
}

int replay(const std::string& file, const std::string& kernel, int thread_count) {
  Threads threads(thread_count);
  bool good = true;
  for (const GoldenFrame& f : replay_golden(read_safetensors(file), kernel, threads)) {
    fmt::print("frame {} relative error {:.3e}\n", f.frame, f.error);
    good = good && f.error < kGoldenTolerance;
  }
  if (!good)
    throw reverie::Error("accept", file,
                         fmt::format("a frame is {:g} or more away from its golden", kGoldenTolerance));
  return 0;
}

}  // namespace

Action add_doctor(CLI::App& app) {
  struct Words {
    std::string golden, kernel = "auto";
    int threads = 0;
  };
  auto words = std::make_shared<Words>();
  app.add_option("--golden", words->golden,
                 "replay this golden and print the relative error of every recorded frame")
      ->type_name("FILE");
  app.add_option("--kernel", words->kernel, "the kernel that replays it")
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--threads", words->threads, "0: one per core")->check(CLI::Range(0, kMostThreads));
  return [words] {
    return words->golden.empty() ? report() : replay(words->golden, words->kernel, words->threads);
  };
}

}  // namespace reverie
