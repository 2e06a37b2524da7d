// Our side of the comparison, and the file that all sides use.
//
//   play_reverie write FILE WIDTH HEIGHT             weights, first state, and the reference kernel's result
//   play_reverie play FILE THREADS [avx2] [bf16]     see player.h; avx2: without AVX-512
//   play_reverie amx                                 status 0 if this machine has AMX
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <algorithm>

#include "core/error.h"
#include "feedback/kernels/cpu/amx.h"
#include "feedback/kernels/kernel.h"
#include "player.h"
#include "weights/safetensors.h"

namespace {

using namespace reverie;

// The plain transition: levels of 3, 12, 48 and 192 channels, default parameters.
const ParameterValues& work() {
  static const ParameterValues values(feedback_parameters());
  return values;
}

Tensor tensor_of(const Planes& p) {
  return {{1, p.channels(), p.height(), p.width()}, p.data()};
}

Planes planes_of(const Tensor& t) {
  Planes p(static_cast<int>(t.shape[1]), static_cast<int>(t.shape[2]), static_cast<int>(t.shape[3]));
  p.data() = t.data;
  return p;
}

void write(const std::string& path, int width, int height) {
  const Hourglass glass = make_hourglass(work(), Random(1), nullptr);
  const LevelSizes sizes = level_sizes(glass, height, width);
  TensorFile file;
  for (int l = 0; l < glass.levels(); ++l) {
    const Layer& layer = glass.layers[static_cast<size_t>(l)];
    const int64_t e = layer.encode_kernel;
    const int64_t d = layer.decode_kernel;
    const auto name = [l](const char* what) { return fmt::format("{}{}", what, l + 1); };
    file.tensors[name("encode") + ".weight"] = {{layer.upper, layer.lower, e, e}, layer.encode_weight};
    file.tensors[name("encode") + ".bias"] = {{layer.upper}, layer.encode_bias};
    file.tensors[name("decode") + ".weight"] = {{layer.upper, layer.lower, d, d}, layer.decode_weight};
    file.tensors[name("decode") + ".bias"] = {{layer.lower}, layer.decode_bias};
  }
  Threads threads;
  const auto reference = find_kernel("reference").make(glass, sizes, threads);
  for (int l = 0; l <= glass.levels(); ++l) {
    const auto at = static_cast<size_t>(l);
    Planes h(glass.channels(l), sizes.height[at], sizes.width[at]);
    for (size_t i = 0; i < h.data().size(); ++i) h.data()[i] = Random(2).split(at).signed_at(i);
    reference->set_state(l, h);
    file.tensors[fmt::format("state.{}", l)] = tensor_of(h);
  }
  TransitionResolver resolver(sizes);
  for (int i = 0; i < kCheckedFrames; ++i) reference->step(resolver.resolve(work()), Random(1));
  for (int l = 0; l <= glass.levels(); ++l)
    file.tensors[fmt::format("expected.{}", l)] = tensor_of(reference->state(l));
  write_safetensors(path, file);
}

int play(const std::string& path, int thread_count, Precision precision) {
  const TensorFile file = read_safetensors(path);
  Hourglass glass = hourglass_from_tensors(file, [](int) { return 2; });
  glass.precision = precision;
  const Tensor& picture = file.get("state.0");
  const LevelSizes sizes =
      level_sizes(glass, static_cast<int>(picture.shape[2]), static_cast<int>(picture.shape[3]));
  Threads threads(thread_count);
  const auto kernel = find_kernel("auto").make(glass, sizes, threads);
  TransitionResolver resolver(sizes);
  const auto step = [&] { kernel->step(resolver.resolve(work()), Random(1)); };
  for (int l = 0; l <= glass.levels(); ++l)
    kernel->set_state(l, planes_of(file.get(fmt::format("state.{}", l))));
  for (int i = 0; i < kCheckedFrames; ++i) step();
  RelativeError error;
  for (int l = 0; l <= glass.levels(); ++l)
    error.add(kernel->state(l).data().data(), file.get(fmt::format("expected.{}", l)).data);
  const int64_t targets = hwy::SupportedTargets();
  const bool amx = precision == Precision::kBf16 && cpu::has_amx();
  return answer(error.value(), amx ? "AMX" : hwy::TargetName(targets & -targets), step);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string verb = words.empty() ? "" : words[0];
    const auto says = [&words](const char* word) {
      return std::find(words.begin() + 1, words.end(), word) != words.end();
    };
    if (verb == "amx") return cpu::has_amx() ? 0 : 1;
    if (words.size() >= 3 && verb == "play") {
      // disables all better targets; DisableTargets() would last only until the next query for the targets
      if (says("avx2")) hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & -HWY_AVX2);
      return play(words[1], std::stoi(words[2]), says("bf16") ? Precision::kBf16 : Precision::kFp32);
    }
    if (words.size() != 4 || verb != "write") throw Error("usage: see the top of play_reverie.cc");
    write(words[1], std::stoi(words[2]), std::stoi(words[3]));
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
