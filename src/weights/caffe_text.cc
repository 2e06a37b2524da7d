#include "weights/caffe_text.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/text.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

constexpr size_t kMaxBytes = size_t{4} << 20U;
constexpr size_t kMaxDepth = 32;
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
    // 'Message type "T" has no field named "F".', '... extension "F" which is not ... an extension of "T".'
    const bool extension = message.find("xtension \"") != std::string::npos;
    const std::vector<std::string> parts = split(message, '"');
    const size_t at_name = extension ? 1 : 3;
    if (parts.size() <= at_name + 1 || skipped_.size() >= kMostSkipped) return;
    const std::string& name = parts[at_name];
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

// Goes through the text once, as the parser's tokenizer does.  The parser recurses for every { < [, even in
// what it skips, and its own limit does not apply to lists; and it takes the , or ; that may end a field only
// after a field that it knows.
class Scan {
 public:
  Scan(std::string text, const std::string& file) : text_(std::move(text)), file_(file) {}

  // The text without separators of fields.
  std::string tidy() {
    for (at_ = 0; at_ < text_.size(); ++at_) take(text_[at_]);
    return std::move(text_);
  }

 private:
  void take(char c) {
    if (c == '\n') {
      ++line_;
      quote_ = 0;
      comment_ = false;
    } else if (comment_) {
      return;
    } else if (quote_ != 0) {
      if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        ++at_;
      } else if (c == quote_) {
        quote_ = 0;
      }
    } else if (c == '#') {
      comment_ = true;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\v' && c != '\f') {
      token(c);
    }
  }

  void token(char c) {
    const bool separator = c == ',' || c == ';';
    const bool quote = c == '"' || c == '\'';
    // what no field follows is an error, which the parser tells
    if (removed_ && (separator || quote)) text_[*removed_] = was_;
    removed_.reset();
    if (separator && value_ended() && (brackets_.empty() || brackets_.back() != '[')) {
      removed_ = at_;
      was_ = c;
      text_[at_] = ' ';
    } else if (quote) {
      quote_ = c;
    } else if (c == '{' || c == '<' || c == '[') {
      if (brackets_.size() >= kMaxDepth)
        throw Error("read", file_, fmt::format("line {}: brackets nest deeper than {}", line_, kMaxDepth));
      brackets_.push_back(c);
    } else if ((c == '}' || c == '>' || c == ']') && !brackets_.empty()) {
      brackets_.pop_back();
    }
    word_ = std::string_view("{}<>[]:,;\"'").find(c) == std::string_view::npos;
    if (!word_) mark_ = c;
  }

  // Whether a field could end here: after a word that follows a colon, a string, a message or a list.
  bool value_ended() const {
    return word_ ? mark_ == ':' : std::string_view("\"'}>]").find(mark_) != std::string_view::npos;
  }

  std::string text_;
  const std::string& file_;
  size_t at_ = 0;
  int line_ = 1;
  char quote_ = 0, was_ = 0;
  char mark_ = ' ';  // the last that is none of a word
  bool comment_ = false, word_ = false;
  std::string brackets_;           // that are open
  std::optional<size_t> removed_;  // the separator before this token
};

// Without the byte order mark that editors of Windows write.
std::string_view without_mark(std::string_view text, const std::string& file) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw Error("read", file, "it is UTF-16 text", "save it as UTF-8");
  return text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
}

void find_lines(const google::protobuf::Message& message,
                const google::protobuf::TextFormat::ParseInfoTree& places, CaffeLines& lines) {
  for (auto& [name, all] : lines) {
    const google::protobuf::FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
    const int count = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < count; ++i) all.push_back(places.GetLocation(field, i).line + 1);
  }
}

}  // namespace

std::string read_caffe_text(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_content(path, kMaxBytes);
  refuse_other_kinds(bytes, path.string(), FileType::kCaffeText, "a net or solver of Caffe (.prototxt)");
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> parse_caffe_text(std::string_view text, const std::string& file,
                                          google::protobuf::Message& message, CaffeLines* lines) {
  if (text.size() > kMaxBytes)
    throw Error("read", file, fmt::format("it is larger than the {} bytes allowed here", kMaxBytes));
  const std::string tidy = Scan(std::string(without_mark(text, file)), file).tidy();
  Listener listener;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&listener);
  parser.AllowUnknownField(true);
  parser.AllowPartialMessage(true);
  parser.AllowUnknownExtension(true);
  parser.SetRecursionLimit(static_cast<int>(kMaxDepth) + 1);
  google::protobuf::TextFormat::ParseInfoTree places;
  if (lines != nullptr) parser.WriteLocationsTo(&places);
  if (!parser.ParseFromString(tidy, &message)) {
    const std::string& why = listener.error();
    throw Error("read", file, why.empty() ? "it is not a Caffe text file" : why.substr(0, 300));
  }
  if (lines != nullptr) find_lines(message, places, *lines);
  return listener.take_skipped();
}

}  // namespace reverie
