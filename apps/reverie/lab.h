// Two programs: `reverie`, which starts at once, and `reverie-lab`, which also has LibTorch.  The former
// becomes the latter where a verb or an effect needs it.
#pragma once

#include <memory>
#include <string>

namespace reverie {

class KeyValueStore;
struct ProcessRank;

// The program's words, which reverie-lab is given too; main() says them before anything else.
void remember_words(char** argv);

// In reverie-lab: LibTorch's threads sleep while they wait, unless the environment says otherwise.  It may
// start the program again, so main() calls it before anything is opened or said.
void let_threads_sleep();

// In reverie-lab: freed memory is kept for the next tensor.
void keep_memory();

// In reverie-lab: the effects that need LibTorch can be made.  Before the first use of effects().
void provide_torch_effects();

// `what` needs LibTorch.  In reverie-lab it returns.  In reverie it replaces the process by reverie-lab,
// which lies beside it, with the same words: so call it before anything is opened, read or printed. Throws
// Error where reverie-lab cannot be started or was not built (REVERIE_TORCH=OFF).
void need_torch(const std::string& what);

// The store of the processes that were started together, for `what`, which needs LibTorch then: what
// need_torch() says holds.
std::unique_ptr<KeyValueStore> join_processes(const ProcessRank& who, const std::string& what);

// For what shows all effects there are: likewise, but where reverie-lab is not there this program goes on.
void prefer_torch();

}  // namespace reverie
