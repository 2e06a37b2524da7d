#include "core/folders.h"

#include <algorithm>
#include <cstdlib>

#if __has_include(<dlfcn.h>)
#include <dlfcn.h>
#define REVERIE_HAS_DLADDR 1
#endif

namespace reverie {
namespace {

std::filesystem::path folder(const char* variable, const char* below_home) {
  const char* base = std::getenv(variable);
  if (base != nullptr && *base != '\0') return std::filesystem::path(base) / "reverie";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::filesystem::path(home) / below_home / "reverie";
}

constexpr int kLevelsAbove = 4;  // BUILD/apps/reverie/reverie, PREFIX/lib/MACHINE/frei0r-1/reverie.so

// The files that this code may be in; the system may not know them.
std::vector<std::filesystem::path> own_files() {
  std::vector<std::filesystem::path> files;
  std::error_code code;
#if REVERIE_HAS_DLADDR
  Dl_info info;
  // of a program it may be the word that it was called by
  if (dladdr(reinterpret_cast<void*>(&installed_folders), &info) != 0 && info.dli_fname != nullptr &&
      std::filesystem::path(info.dli_fname).is_absolute())
    files.push_back(std::filesystem::canonical(info.dli_fname, code));
#endif
  files.push_back(std::filesystem::read_symlink("/proc/self/exe", code));
  std::erase_if(files, [](const auto& file) { return !file.has_parent_path(); });
  return files;
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

std::vector<std::filesystem::path> installed_folders(const std::string& name) {
  std::vector<std::filesystem::path> found;
  for (const std::filesystem::path& file : own_files()) {
    std::filesystem::path above = file.parent_path();
    for (int i = 0; i < kLevelsAbove; ++i, above = above.parent_path()) {
      std::error_code code;
      const std::filesystem::path folder =
          std::filesystem::canonical(above / "share" / "reverie" / name, code);
      if (code || !std::filesystem::is_directory(folder, code)) continue;
      if (std::find(found.begin(), found.end(), folder) == found.end()) found.push_back(folder);
      break;
    }
  }
  return found;
}

}  // namespace reverie
