#include "weights/caffe_text.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

constexpr size_t kMaxBytes = size_t{4} << 20U;
constexpr int kMaxDepth = 32;
constexpr size_t kMostSkipped = 1000;

// Fields that only choose an implementation.
constexpr std::array<std::string_view, 2> kMeaningless = {"engine", "force_nd_im2col"};

// Remembers the first error and what was skipped.
class Listener : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int /*column*/, const std::string& message) override {
    if (error_.empty()) error_ = at(line, message);
  }
  void AddWarning(int line, int /*column*/, const std::string& message) override {
    // Message type "T" has no field named "F".
    const size_t end = message.rfind('"');
    const size_t begin = end == std::string::npos || end == 0 ? end : message.rfind('"', end - 1);
    if (begin == std::string::npos || begin == 0 || skipped_.size() >= kMostSkipped) return;
    const std::string name = message.substr(begin + 1, end - begin - 1);
    if (std::find(kMeaningless.begin(), kMeaningless.end(), name) != kMeaningless.end()) return;
    skipped_.push_back(at(line, name.substr(0, 80)));
  }

  const std::string& error() const { return error_; }
  std::vector<std::string> take_skipped() { return std::move(skipped_); }

 private:
  static std::string at(int line, const std::string& text) {
    return line < 0 ? text : fmt::format("line {}: {}", line + 1, text);
  }

  std::string error_;
  std::vector<std::string> skipped_;
};

// The parser recurses for every { < [, even in what it skips; its own limit does not apply to lists.  Strings
// and comments end where its tokenizer ends them.
void check_depth(std::string_view text, const std::string& file) {
  int depth = 0;
  int line = 1;
  char quote = 0;
  bool comment = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      quote = 0;
      comment = false;
    } else if (comment) {
      continue;
    } else if (quote != 0) {
      if (c == '\\' && i + 1 < text.size() && text[i + 1] != '\n') {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '#') {
      comment = true;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '<' || c == '[') {
      if (++depth > kMaxDepth)
        throw Error("read", file, fmt::format("line {}: brackets nest deeper than {}", line, kMaxDepth));
    } else if (c == '}' || c == '>' || c == ']') {
      depth = std::max(0, depth - 1);
    }
  }
}

}  // namespace

std::vector<std::string> parse_caffe_text(std::string_view text, const std::string& file,
                                          google::protobuf::Message& message) {
  if (text.size() > kMaxBytes)
    throw Error("read", file, fmt::format("it is larger than the {} bytes allowed here", kMaxBytes));
  check_depth(text, file);
  Listener listener;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&listener);
  parser.AllowUnknownField(true);
  parser.AllowPartialMessage(true);
  parser.SetRecursionLimit(kMaxDepth + 1);
  if (!parser.ParseFromString(std::string(text), &message)) {
    const std::string& why = listener.error();
    throw Error("read", file, why.empty() ? "it is not a Caffe text file" : why.substr(0, 300));
  }
  return listener.take_skipped();
}

}  // namespace reverie
