// reverie embed, reverie shift: what a VAE makes of labelled pictures, as numbers and as a sheet.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/record_set.h"
#include "media/picture.h"
#include "style/embeddings.h"
#include "style/shift.h"
#include "train/input.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data, output;
  std::vector<std::string> toward;
  uint64_t seed = 1;
  int rows = 4;
  bool quiet = false;
};

int embed(const Words& w) {
  torch::NoGradGuard no_grad;
  const std::unique_ptr<Model> model = read_model(w.model);
  const VaeModel& vae = as_vae(*model, "embed with");
  const RecordSet set = RecordSet::open(w.data);
  Embeddings e;
  e.labels = set.labels();
  const VaeWeights weights = vae.constant();
  Progress progress("embed", "pictures",
                    static_cast<int64_t>(set.size(Split::kTrain) + set.size(Split::kTest)), w.quiet);
  int64_t done = 0;
  for (const Split split : {Split::kTrain, Split::kTest}) {
    for (size_t i = 0; i < set.size(split); ++i) {
      if (stop_requested()) {
        note("stopped; nothing was written");
        return 130;
      }
      const torch::Tensor x = apply(vae.input, read_pictures(set, split, i, 1));
      add_codes(e, vae.encode(x, weights).mean, set.record(split, i).label);
      progress.update(++done);
    }
  }
  write_embeddings(w.output, e, vae);
  note(fmt::format("{}: {}, {}, {} codes", w.output, counted(static_cast<int64_t>(done), "picture"),
                   counted(static_cast<int64_t>(e.by_label(vae.settings().spatial).size()), "label"),
                   vae.settings().codes));
  return 0;
}

int shift(const Words& w) {
  const std::unique_ptr<Model> model = read_model(w.model);
  const VaeModel& vae = as_vae(*model, "shift with");
  const RecordSet set = RecordSet::open(w.data);
  const std::string output = w.output.empty() ? "shift.png" : w.output;
  const Split split = set.size(Split::kTest) > 0 ? Split::kTest : Split::kTrain;
  std::vector<torch::Tensor> pictures;
  const size_t count = std::min(static_cast<size_t>(w.rows), set.size(split));
  for (size_t i = 0; i < count; ++i)
    pictures.push_back(read_pictures(set, split, i * set.size(split) / count, 1));
  write_picture(output, shift_sheet(vae, pictures, w.toward, w.seed));
  note(output);
  return 0;
}

}  // namespace

Action add_embed(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a trained VAE: its .safetensors file, or a run's folder")->required();
  app.add_option("--data", w->data, "the record set")->required()->type_name("SET");
  app.add_option("-o,--output", w->output, "codes of every picture, and mean and deviation of every label")
      ->required()
      ->type_name("E.safetensors");
  app.add_flag("-q,--quiet", w->quiet, "no progress");
  return [w] { return embed(*w); };
}

Action add_shift(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a trained VAE: its .safetensors file, or a run's folder")->required();
  app.add_option("--data", w->data, "the record set")->required()->type_name("SET");
  app.add_option("-o,--output", w->output, "the sheet; default shift.png")->type_name("FILE.png");
  app.add_option("--toward", w->toward, "labels; default all that the model knows")
      ->type_name("LABEL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--rows", w->rows, "pictures; default 4")->check(CLI::Range(1, 32));
  app.add_option("--seed", w->seed, "of the noise; default 1");
  return [w] { return shift(*w); };
}

}  // namespace reverie
