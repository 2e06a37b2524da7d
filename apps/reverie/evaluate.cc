// reverie evaluate: how well a model does what it was trained for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/limits.h"
#include "train/task.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data, split = "test", leave_out;
  size_t limit = 0;
};

int run(const Words& w) {
  const std::unique_ptr<Model> model = read_model(w.model);
  RecordSet set = RecordSet::open(w.data);
  if (!w.leave_out.empty()) set.leave_out(w.leave_out);
  const Split split = w.split == "train" ? Split::kTrain : Split::kTest;
  for (const Figure& f : figures_of(*model, set, split, w.limit))
    fmt::print("{} {:.{}g}\n", f.name, f.value, f.digits);
  return 0;
}

}  // namespace

Action add_evaluate(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a model's .safetensors file, or a run's folder")->required();
  app.add_option("--data", w->data, "the record set")->required();
  app.add_option("--split", w->split, "train or test; default test")->check(CLI::IsMember({"train", "test"}));
  app.add_option("--leave-out", w->leave_out, "of a set of clips: this group is the test split")
      ->type_name("GROUP");
  app.add_option("--limit", w->limit, "only the first N pictures, in file order")
      ->check(CLI::Range(int64_t{1}, kMostFrames));
  return [w] { return run(*w); };
}

}  // namespace reverie
