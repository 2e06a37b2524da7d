// reverie evaluate: how well a model gives pictures back.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/limits.h"
#include "train/evaluate.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data, split = "test";
  size_t limit = 0;
};

int run(const Words& w) {
  const HourglassModel model = read_model(w.model);
  const RecordSet set = RecordSet::open(w.data);
  const Evaluation e = evaluate(model, set, w.split == "train" ? Split::kTrain : Split::kTest, w.limit);
  fmt::print("pictures {}\n", e.pictures);
  for (size_t l = 0; l < e.l2_errors.size(); ++l) fmt::print("l2_error{} {:.6g}\n", l + 1, e.l2_errors[l]);
  fmt::print("psnr {:.4g}\n", e.psnr);
  fmt::print("cubic_factor {}\ncubic_l2_error {:.6g}\ncubic_psnr {:.4g}\n", e.cubic_factor, e.cubic_l2_error,
             e.cubic_psnr);
  return 0;
}

}  // namespace

Action add_evaluate(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a model's .safetensors file, or a run's folder")->required();
  app.add_option("--data", w->data, "the record set")->required();
  app.add_option("--split", w->split, "train or test; default test")->check(CLI::IsMember({"train", "test"}));
  app.add_option("--limit", w->limit, "only the first so many pictures, in file order")
      ->check(CLI::Range(int64_t{1}, kMostFrames));
  return [w] { return run(*w); };
}

}  // namespace reverie
