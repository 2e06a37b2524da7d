#include "models/labels.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = 4U << 20U;

bool is_number_of_imagenet(std::string_view word) {
  constexpr size_t kLength = 9;
  return word.size() == kLength && word[0] == 'n' &&
         std::all_of(word.begin() + 1, word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  for (const std::string& line : split(read_text_file(file, kMostBytes), '\n')) {
    std::string_view words = trim(line);
    if (words.empty()) continue;
    const size_t space = words.find(' ');
    if (space != std::string_view::npos && is_number_of_imagenet(words.substr(0, space)))
      words = trim(words.substr(space));
    lines.push_back(printable(std::string(words)));
  }
  return lines;
}

}  // namespace

std::vector<std::string> labels_beside(const fs::path& model, size_t classes) {
  std::error_code code;
  const fs::path folder = model.has_parent_path() ? model.parent_path() : ".";
  std::set<std::pair<bool, fs::path>> files;  // its own name comes first
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    const fs::path& file = it->path();
    if (file.extension() == ".txt" && it->is_regular_file(code) && it->file_size(code) <= kMostBytes)
      files.emplace(file.stem() != model.stem(), file);
  }
  for (const auto& [other, file] : files) {
    std::vector<std::string> labels;
    try {
      labels = lines_of(file);
    } catch (const Error&) {  // one that cannot be read is none
      continue;
    }
    if (labels.size() == classes) return labels;
  }
  return {};
}

}  // namespace reverie
