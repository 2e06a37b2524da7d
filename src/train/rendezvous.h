// How processes that were started together meet: c10d's store at the meeting point (core/processes.h).
#pragma once

#include <functional>
#include <memory>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "core/key_value_store.h"
#include "core/processes.h"

namespace reverie {

// Process 0 opens it; the others wait until it has.
c10::intrusive_ptr<c10d::Store> open_store(const ProcessRank& who);

// Runs what waits for other processes: a stop (core/stop.h) during that ends the program; what LibTorch
// throws becomes an Error.
void while_joining(const ProcessRank& who, const std::function<void()>& work);

// The same store as a KeyValueStore.  Says whom it waits for, or where it is waited for.
std::unique_ptr<KeyValueStore> open_shared_values(const ProcessRank& who);

}  // namespace reverie
