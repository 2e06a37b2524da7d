#include "core/folders.h"

#include <cstdlib>

namespace reverie {
namespace {

std::filesystem::path folder(const char* variable, const char* below_home) {
  const char* base = std::getenv(variable);
  if (base != nullptr && *base != '\0') return std::filesystem::path(base) / "reverie";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::filesystem::path(home) / below_home / "reverie";
}

}  // namespace

std::filesystem::path config_folder() {
  return folder("XDG_CONFIG_HOME", ".config");
}

std::filesystem::path state_folder() {
  return folder("XDG_STATE_HOME", ".local/state");
}

}  // namespace reverie
