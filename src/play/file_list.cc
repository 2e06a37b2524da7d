#include "play/file_list.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/file.h"
#include "core/folders.h"
#include "core/text.h"
#include "media/picture.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostEntries = 5000;
constexpr size_t kLongestPath = 4096;  // bytes
constexpr std::array<std::string_view, 22> kVideos = {
    ".mp4",  ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts",  ".mts",
    ".m2ts", ".wmv", ".flv", ".ogv", ".y4m",  ".mxf", ".3gp", ".vob", ".dv",   ".nut", ".apng"};

// Where the last one that was open is kept.
fs::path memory() {
  return state_folder().empty() ? fs::path() : state_folder() / "input-folder";
}

bool may_be_input(const fs::path& path) {
  const std::string ending = lower(path.extension().string());
  return is_picture_name(path) || std::find(kVideos.begin(), kVideos.end(), ending) != kVideos.end();
}

}  // namespace

FileList::FileList(const std::string& input) {
  std::error_code code;
  try {
    if (!memory().empty()) folder_ = trim(read_text_file(memory(), kLongestPath));
  } catch (const std::exception&) {
    // none was open yet
  }
  if (!fs::is_directory(folder_, code)) folder_ = fs::path(input).parent_path();
  if (folder_.empty() || !fs::is_directory(folder_, code)) folder_ = ".";
  const fs::path whole = fs::canonical(folder_, code);
  if (!code) folder_ = whole;
  list();
}

void FileList::enter(const std::string& name) {
  folder_ /= name;
  list();
}

void FileList::leave() {
  folder_ = folder_.parent_path();
  list();
}

void FileList::list() {
  entries_.clear();
  std::error_code code;
  fs::directory_iterator files(folder_, code);
  for (; !code && files != fs::directory_iterator(); files.increment(code)) {
    const std::string name = files->path().filename().string();
    std::error_code unknown;
    const bool folder = files->is_directory(unknown);
    if (name.starts_with('.') || (!folder && !may_be_input(name))) continue;
    if (entries_.size() < kMostEntries) entries_.push_back({name, folder});
  }
  trouble_ = code ? code.message() : "";
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.folder != b.folder ? a.folder : natural_less(a.name, b.name);
  });
}

void FileList::remember() const {
  if (memory().empty()) return;
  std::error_code code;
  fs::create_directories(memory().parent_path(), code);
  const std::string text = folder_.string();
  try {
    write_file(memory(), std::vector<uint8_t>(text.begin(), text.end()));
  } catch (const std::exception&) {
    // the next list begins elsewhere
  }
}

}  // namespace reverie
