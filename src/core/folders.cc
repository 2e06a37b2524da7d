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

std::filesystem::path cache_folder() {
  return folder("XDG_CACHE_HOME", ".cache");
}

std::filesystem::path fetched_folder() {
  const std::filesystem::path data = folder("XDG_DATA_HOME", ".local/share");
  return data.empty() ? data : data / "models";
}

std::filesystem::path find_fetched(const std::string& name) {
  const std::filesystem::path models = fetched_folder();
  if (models.empty() || name.empty() || std::filesystem::path(name).has_parent_path()) return {};
  for (const char* ending : {"", ".pth", ".caffemodel", ".safetensors"}) {
    std::error_code code;
    std::filesystem::path file = models / (name + ending);
    if (std::filesystem::is_regular_file(file, code)) return file;
  }
  return {};
}

}  // namespace reverie
