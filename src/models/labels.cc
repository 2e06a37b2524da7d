#include "models/labels.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::string clean_label(std::string_view line) {
  line = trim(line);
  const auto digits = [](std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const size_t first = line.find(' ');
  if (first == 9 && line[0] == 'n' && digits(line.substr(1, 8))) return std::string(trim(line.substr(first)));
  const bool places = line.size() > 3 && line[0] == '/' && line[2] == '/';
  const size_t last = line.rfind(' ');
  if (places && last != std::string_view::npos && digits(line.substr(last + 1))) line = line.substr(0, last);
  return std::string(places ? line.substr(3) : line);
}

std::vector<std::string> lines_of(const fs::path& file) {
  constexpr uint64_t kLargest = 1U << 20U;
  std::vector<std::string> lines;
  for (const std::string& line : split(read_text_file(file, kLargest), '\n')) {
    if (!trim(line).empty()) lines.push_back(printable(clean_label(line)));
  }
  return lines;
}

bool sounds_like_labels(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  const std::array<const char*, 5> words = {"label", "class", "synset", "categor", "words"};
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return name.find(word) != std::string::npos; });
}

}  // namespace

std::vector<std::string> find_labels(const fs::path& folder, int64_t count, const std::string& first) {
  if (count == 0) return {};
  std::vector<fs::path> files;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, code)) {
    if (entry.path().extension() == ".txt" && entry.is_regular_file(code)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::stable_partition(files.begin(), files.end(), sounds_like_labels);
  std::stable_partition(files.begin(), files.end(),
                        [&](const fs::path& file) { return file.stem() == first; });
  for (const fs::path& file : files) {
    try {
      std::vector<std::string> lines = lines_of(file);
      if (static_cast<int64_t>(lines.size()) == count) return lines;
    } catch (const Error&) {  // one that cannot be read, or is too large, is not it
    }
  }
  return {};
}

}  // namespace reverie
