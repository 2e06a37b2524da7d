#include "weights/npy_header.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/file_kind.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

constexpr size_t kMaxHeaderBytes =
    65535;  // the most that version 1.0 can hold; only records, which are rejected anyway, need more

std::optional<ElementType> element_type(std::string_view code) {
  constexpr std::array<std::pair<std::string_view, ElementType>, 12> kTypes{{{"b1", ElementType::kBool},
                                                                             {"u1", ElementType::kU8},
                                                                             {"i1", ElementType::kI8},
                                                                             {"u2", ElementType::kU16},
                                                                             {"i2", ElementType::kI16},
                                                                             {"u4", ElementType::kU32},
                                                                             {"i4", ElementType::kI32},
                                                                             {"u8", ElementType::kU64},
                                                                             {"i8", ElementType::kI64},
                                                                             {"f2", ElementType::kF16},
                                                                             {"f4", ElementType::kF32},
                                                                             {"f8", ElementType::kF64}}};
  for (const auto& [known, type] : kTypes) {
    if (known == code) return type;
  }
  return std::nullopt;
}

// Reads the one Python literal that such a header is: a dictionary of a string, a boolean and a tuple of
// integers.
class DictReader {
 public:
  DictReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  NpyHeader read();

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw Error("read", file_, why); }
  [[noreturn]] void expected(const std::string& what) const {
    refuse(fmt::format("its header needs {} at character {}", what, at_));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool take(std::string_view what) {
    skip_space();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  void need(std::string_view what) {
    if (!take(what)) expected(fmt::format("'{}'", what));
  }

  void item(NpyHeader& header);
  void descr(NpyHeader& header);
  std::string_view string();
  bool boolean();
  int64_t count();
  std::vector<int64_t> tuple();

  std::string_view text_;
  const std::string& file_;
  size_t at_ = 0;
  bool has_descr_ = false, has_order_ = false, has_shape_ = false;
};

NpyHeader DictReader::read() {
  NpyHeader header;
  need("{");
  while (!take("}")) {
    item(header);
    if (!take(",")) {
      need("}");
      break;
    }
  }
  skip_space();
  if (at_ != text_.size()) expected("its end");
  const char* missing = !has_descr_   ? "descr"
                        : !has_order_ ? "fortran_order"
                        : !has_shape_ ? "shape"
                                      : nullptr;
  if (missing != nullptr) refuse(fmt::format("its header has no '{}'", missing));
  return header;
}

void DictReader::item(NpyHeader& header) {
  const std::string_view key = string();
  need(":");
  bool* seen = nullptr;
  if (key == "descr") {
    seen = &has_descr_;
    descr(header);
  } else if (key == "fortran_order") {
    seen = &has_order_;
    header.fortran_order = boolean();
  } else if (key == "shape") {
    seen = &has_shape_;
    header.shape = tuple();
  } else {
    refuse("its header has the unknown key " + in_quotes(key));
  }
  if (*seen) refuse(fmt::format("its header has '{}' twice", key));
  *seen = true;
}

// '<f4': byte order, kind, bytes.  '|' is "no order", right for single bytes only.
void DictReader::descr(NpyHeader& header) {
  if (take("[")) refuse("it holds records, not numbers");
  const std::string_view text = string();
  const std::optional<ElementType> type = element_type(text.substr(text.empty() ? 0 : 1));
  const bool ordered = text.starts_with('<') || text.starts_with('>');
  if (!type || !(ordered || (text.starts_with('|') && element_size(*type) == 1))) {
    refuse("it holds elements of the unsupported type " + in_quotes(text));
  }
  header.type = *type;
  header.order = text.starts_with('>') ? std::endian::big : std::endian::little;
}

std::string_view DictReader::string() {
  skip_space();
  const char quote = at_ < text_.size() ? text_[at_] : ' ';
  if (quote != '\'' && quote != '"') expected("a string");
  const size_t begin = at_ + 1;
  const size_t end = text_.find(quote, begin);
  if (end == std::string_view::npos) expected("a string that ends");
  const std::string_view s = text_.substr(begin, end - begin);
  if (s.find('\\') != std::string_view::npos) expected("a string without escapes");
  at_ = end + 1;
  return s;
}

bool DictReader::boolean() {
  if (take("True")) return true;
  if (take("False")) return false;
  expected("True or False");
}

int64_t DictReader::count() {
  skip_space();
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with('-')) expected("a dimension that is not negative");
  int64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) expected("a whole number below 2^63");
  at_ += static_cast<size_t>(end - rest.data());
  if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote its long integers like this
  return value;
}

// (), (3,) or (3, 4) with an optional trailing comma; (3) is a number, as in Python.
std::vector<int64_t> DictReader::tuple() {
  std::vector<int64_t> values;
  need("(");
  while (!take(")")) {
    if (values.size() == kMaxRank) refuse(fmt::format("it has more than {} dimensions", kMaxRank));
    values.push_back(count());
    if (!take(",")) {
      if (values.size() == 1) expected("','");
      need(")");
      break;
    }
  }
  return values;
}

}  // namespace

NpyHeader parse_npy_header(std::span<const uint8_t> bytes, const std::string& file) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kNpyMagic)) {
    refuse_other_kinds(bytes, file, FileType::kNpy, "a .npy file");
    throw Error("read", file, "it does not begin like a .npy file");
  }
  const std::span<const uint8_t> rest = bytes.subspan(kNpyMagic.size());
  const size_t major = rest.size() < 2 ? 0 : rest[0];
  const size_t minor = rest.size() < 2 ? 0 : rest[1];
  if (major < 1 || major > 3 || minor != 0) {
    throw Error("read", file, fmt::format("version {}.{} of the .npy format is unknown", major, minor));
  }
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t begin = kNpyMagic.size() + 2 + length_bytes;
  if (bytes.size() < begin) throw Error("read", file, "its header is cut off", "copy the file again");
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) length |= static_cast<size_t>(rest[2 + i]) << (8 * i);
  if (length > kMaxHeaderBytes)
    throw Error("read", file, fmt::format("it claims a header of {} bytes", length));
  if (length > bytes.size() - begin)
    throw Error("read", file, "its header is cut off", "copy the file again");
  NpyHeader header = DictReader(text.substr(begin, length), file).read();
  header.data_begin = begin + length;
  return header;
}

}  // namespace reverie
