// reverie inspect: sheets of a model's reconstructions, filters and responses.
#include "train/inspect.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/log.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data, output, run, split = "test";
  size_t limit = 24;
};

int run(const Words& w) {
  InspectRequest request;
  request.model = w.model;
  request.data = w.data;
  request.output = w.output;
  request.run = w.run;
  request.split = w.split == "train" ? Split::kTrain : Split::kTest;
  request.limit = w.limit;
  const bool done = inspect(request, [](const std::filesystem::path& file, const std::string& what) {
    fmt::print("{}  {}\n", file.string(), what);
    std::fflush(stdout);
  });
  if (done) return 0;
  note("stopped; the sheets above are complete");
  return 130;
}

}  // namespace

Action add_inspect(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a model's .safetensors file, or a run's folder")->required();
  app.add_option("--data", w->data, "the record set whose pictures are shown")->required()->type_name("SET");
  app.add_option("-o,--output", w->output, "the folder for the sheets; created if needed")
      ->required()
      ->type_name("DIR");
  app.add_option("--run", w->run, "the run whose curves are drawn; default the model's folder")
      ->type_name("RUN");
  app.add_option("--split", w->split, "train or test; default test")->check(CLI::IsMember({"train", "test"}));
  app.add_option("--limit", w->limit, "only the first N pictures; default 24")->check(CLI::Range(1, 1000));
  return [w] { return run(*w); };
}

}  // namespace reverie
