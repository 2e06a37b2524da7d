#include "lab.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "core/error.h"

namespace reverie {

namespace {

char** words = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): set once, by main()

#if REVERIE_WITH_TORCH && !REVERIE_LAB
[[noreturn]] void become_lab(const std::string& what) {
#if defined(_WIN32)
  throw Error("run", what, "it needs LibTorch", "call reverie-lab with the same words");
#else
  namespace fs = std::filesystem;
  // without /proc: from argv
  std::error_code code;
  fs::path self = fs::read_symlink("/proc/self/exe", code);
  if (code) self = fs::absolute(words[0], code);
  const std::string lab = (self.parent_path() / "reverie-lab").string();
  execv(lab.c_str(), words);
  throw Error("run", what, "it needs LibTorch, and " + lab + " cannot be started: " + std::strerror(errno));
#endif
}
#endif

}  // namespace

void remember_words(char** argv) {
  words = argv;
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

}  // namespace reverie
