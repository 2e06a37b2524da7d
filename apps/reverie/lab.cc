#include "lab.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#if !defined(_WIN32)
#include <unistd.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "core/error.h"
#include "core/key_value_store.h"
#include "core/processes.h"
#if REVERIE_LAB
#include "train/rendezvous.h"
#else
#include "describe.h"
#endif
#if REVERIE_LAB && REVERIE_WITH_MEDIA
#include "dream/effect.h"
#include "effects/effects.h"
#include "latent/effect.h"
#include "style/effect.h"
#include "watch/effect.h"
#endif

namespace reverie {

namespace {

char** words = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): set once, by main()

#if REVERIE_WITH_TORCH && !defined(_WIN32)
// LibTorch's threads (libgomp's) would otherwise spin at the end of each parallel loop until the last is
// done. With one other process on the machine, the spinning thread keeps the core that the last one needs,
// and training is four to ten times as slow.  libgomp reads the variable once, while the program is loaded:
// it has to be there before. True where it was not.
bool tell_threads_to_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return false;
  return setenv("OMP_WAIT_POLICY", "passive", 0) == 0;
}

std::filesystem::path self() {
  std::error_code code;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", code);
  return code ? std::filesystem::absolute(words[0], code) : path;  // without /proc: from argv
}
#endif

#if REVERIE_WITH_TORCH && !REVERIE_LAB
#if !defined(_WIN32)
// Returns where that fails, with errno.
std::string try_lab() {
  std::string lab = (self().parent_path() / "reverie-lab").string();
  tell_threads_to_sleep();
  execv(lab.c_str(), words);
  return lab;
}
#endif

[[noreturn]] void become_lab(const std::string& what) {
#if defined(_WIN32)
  throw Error("run", what, "it needs LibTorch", "call reverie-lab with the same words");
#else
  const std::string lab = try_lab();
  throw Error("run", what, "it needs LibTorch, and " + lab + " cannot be started: " + std::strerror(errno));
#endif
}
#endif

}  // namespace

void remember_words(char** argv) {
  words = argv;
}

void keep_memory() {
#if REVERIE_LAB && defined(__GLIBC__)
  // Tensors come and go with each step; giving their pages back and getting them again is a fifth of a dream.
  constexpr int kTensor = 32 << 20;  // the largest that glibc allows
  constexpr int kKept = 512 << 20;
  mallopt(M_MMAP_THRESHOLD, kTensor);
  mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

void let_threads_sleep() {
#if REVERIE_LAB && !defined(_WIN32)
  if (tell_threads_to_sleep()) execv(self().c_str(), words);  // where that fails, they spin
#endif
}

void provide_torch_effects() {
#if REVERIE_LAB && REVERIE_WITH_MEDIA
  provide("dream", make_dream);
  provide("mogrify", make_mogrify);
  provide("watch", make_watch);
  provide("latent", make_latent);
#endif
}

void need_torch(const std::string& what) {
#if REVERIE_LAB
  (void)what;
#elif REVERIE_WITH_TORCH
  become_lab(what);
#else
  throw Error("run", what, "it needs LibTorch, which this build leaves out", "build with -DREVERIE_TORCH=ON");
#endif
}

#if !REVERIE_LAB
Describer read_describer(const std::filesystem::path& model) {
  need_torch(model.string());
  return {};
}
#endif

std::unique_ptr<KeyValueStore> join_processes(const ProcessRank& who, const std::string& what) {
  need_torch(what);
#if REVERIE_LAB
  return open_shared_values(who);
#else
  (void)who;
  return nullptr;
#endif
}

void prefer_torch() {
#if REVERIE_WITH_TORCH && !REVERIE_LAB && !defined(_WIN32)
  try_lab();
#endif
}

}  // namespace reverie
