// A training in one go, and the same one stopped and resumed.
#pragma once

#include "core/test_help.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace reverie {

struct WholeAndResumed {
  Checkpoint whole, resumed;
};

// After `all` steps; the second stopped after `some`, and read from its file.
inline WholeAndResumed train_both_ways(const Recipe& recipe, const RecordSet& set, int some, int all) {
  const TemporaryFolder folder;
  Group alone;
  const auto train = [&](int steps, const std::optional<Checkpoint>& from) {
    Trainer trainer(recipe, set, {}, alone, nullptr);
    if (from) trainer.resume(*from);
    for (int i = 0; i < steps; ++i) trainer.step();
    return trainer.checkpoint();
  };
  const Checkpoint whole = train(all, {});
  write_checkpoint(folder.path(), train(some, {}));
  return {whole, train(all - some, read_checkpoint(folder.path()))};
}

}  // namespace reverie
