// A search by several processes: what all but process 0 do.
#pragma once

#include <string>

#include "core/key_value_store.h"
#include "discover/life.h"

namespace reverie {

struct CrewWorkerOptions {
  std::string program;  // its version, which must be that of process 0
  int rank = 1;
  int threads = 0;  // 0: one per core
  bool quiet = false;
  std::function<Describe(const std::string& bytes)> read_describer;  // from its file
};

// Joins the search of process 0 (crew.h) and lives tries for it until it is over.  Error where it cannot;
// Stopped after Ctrl-C.  Where process 0 is gone, it says so and ends this process with status 1: calls of
// the store may never return then.
void work_for_search(KeyValueStore& store, const CrewWorkerOptions& options, const PictureFiles& files);

}  // namespace reverie
