// What a person liked and refused, and how a search is led by it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "discover/life.h"

namespace reverie {

// A like or a refusal of something by its looks: its figures along tasted_axes(), NaN where one is not known.
struct Verdict {
  bool liked = true;
  std::string of;  // the name of what it is of
  std::vector<double> looks;
};

// All but novelty, which something young cannot have.
const std::vector<Axis>& tasted_axes();

Verdict verdict_on(const Life& life, const std::string& of, bool liked);

inline constexpr size_t kMostVerdicts = 500;  // in a file; of more, the newest

// A file of verdicts, the newest last.
std::filesystem::path likes_file();  // one's own: config_folder()/likes.toml; empty without a home folder
std::vector<Verdict> parse_likes(std::string_view text, const std::string& file_name);
std::string format_likes(const std::vector<Verdict>& verdicts);
std::vector<Verdict> read_likes(const std::filesystem::path& file);  // none where there is no such file
void write_likes(const std::filesystem::path& file, const std::vector<Verdict>& verdicts);
// Adds verdicts to a file; one on the same thing replaces the one before.  A damaged file is set aside with a
// warning, and another is begun.
void add_likes(const std::filesystem::path& file, const std::vector<Verdict>& verdicts);

// What is near to something liked is worth up to four times as much, near to something refused down to a
// quarter: 4 to the power of (L - R) / (L + R + D), where L and R sum the weights 1 / (0.1^2 + d^2)^2 of what
// was liked and refused, d being the root mean square of the distances along the axes as shares of their
// ranges, and D is one such weight at d = 0.3 (Shepard 1968, inverse distance weighting).
class Taste {
 public:
  explicit Taste(std::vector<Verdict> verdicts = {}) : verdicts_(std::move(verdicts)) {}

  double factor(const Life& life) const;  // 1 where nothing was liked or refused
  const std::vector<Verdict>& verdicts() const { return verdicts_; }

 private:
  std::vector<Verdict> verdicts_;
};

}  // namespace reverie
