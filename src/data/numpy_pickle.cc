#include "data/numpy_pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

constexpr size_t kMostDimensions = 8;

std::optional<size_t> size_of(const std::string& type) {
  if (type.size() != 2 || (type[0] != 'u' && type[0] != 'i' && type[0] != 'f' && type[0] != 'b')) return {};
  const int size = type[1] - '0';
  return size == 1 || size == 2 || size == 4 || size == 8 ? std::optional(static_cast<size_t>(size))
                                                          : std::nullopt;
}

class NumpyNames : public PickleNames {
 public:
  explicit NumpyNames(size_t most) : most_(most) {}

  std::string holds() const override { return "numbers, text, lists and arrays"; }
  std::string advice() const override { return "save pictures as PNG, weights as safetensors"; }

  std::string known(const std::string& module, const std::string& name) const override {
    static constexpr std::array<std::string_view, 6> kKnown = {"numpy ndarray",
                                                               "numpy dtype",
                                                               "numpy.core.multiarray _reconstruct",
                                                               "numpy.core.numeric _frombuffer",
                                                               "_codecs encode",
                                                               "builtins bytes"};
    std::string all = module + " " + name;
    // NumPy 2 renamed its own modules, Python 3 its built-in ones
    if (module.starts_with("numpy._core")) all.replace(0, 11, "numpy.core");
    if (module == "__builtin__") all = "builtins " + name;
    return std::find(kKnown.begin(), kKnown.end(), all) == kKnown.end() ? "" : all;
  }

  Value* call(Pickle& pickle, const std::string& function, const Items& items) override {
    if (function == "numpy.core.multiarray _reconstruct") return &pickle.make(Kind::kArray);
    if (function == "numpy dtype" && !items.empty()) return type(pickle, items[0]->text());
    if (function == "numpy.core.numeric _frombuffer" && items.size() == 4) {
      Value& array = pickle.make(Kind::kArray);
      return fill(array, *items[2], *items[1], items[3]->text() == "F", *items[0]) ? &array : nullptr;
    }
    if (function == "_codecs encode" && items.size() == 2 && items[1]->text() == "latin1")
      return latin1(pickle, items[0]->bytes);
    if (function == "builtins bytes" && items.empty()) return &pickle.make(Kind::kBytes);
    return nullptr;
  }

  // Of a type: version, order, ...; of an array: version, shape, type, order of dimensions, bytes.
  bool set_state(Pickle& /*pickle*/, Value& object, const Value& from) override {
    constexpr size_t kArrayState = 5;
    const Items& state = from.items;
    if (object.kind == Kind::kType && state.size() >= 2 && state[1]->bytes.size() == 1) {
      object.order = static_cast<char>(state[1]->bytes[0]);
      return true;
    }
    return object.kind == Kind::kArray && state.size() == kArrayState &&
           fill(object, *state[1], *state[2], state[3]->number != 0, *state[4]);
  }

 private:
  // "u1", or "<i8" with the order.
  static Value* type(Pickle& pickle, std::string_view text) {
    Value& type = pickle.make(Kind::kType);
    if (text.size() == 3) {
      type.order = text[0];
      text.remove_prefix(1);
    }
    type.name = text;
    if (!size_of(type.name))
      pickle.fail(fmt::format("it has an array of the type {:.20}", printable(std::string(text))));
    return &type;
  }

  static bool fill(Value& array, const Value& shape, const Value& type, bool fortran, const Value& bytes) {
    const std::optional<size_t> size = size_of(type.name);
    if (shape.kind != Kind::kList || shape.items.size() > kMostDimensions || type.kind != Kind::kType ||
        !size || bytes.kind != Kind::kBytes)
      return false;
    array.shape.clear();
    uint64_t count = 1;
    for (const Value* side : shape.items) {
      const int64_t n = side->number;
      // no more than there are bytes, so that no product overflows
      if (side->kind != Kind::kNumber || n < 0 ||
          (n > 0 && count > bytes.bytes.size() / static_cast<uint64_t>(n)))
        return false;
      count *= static_cast<uint64_t>(n);
      array.shape.push_back(n);
    }
    if (count * *size != bytes.bytes.size()) return false;
    array.name = type.name;
    array.order = type.order;
    array.fortran = fortran;
    array.bytes = bytes.bytes;
    return true;
  }

  // Python 3 gives bytes to protocol 2 as text of the same characters.
  Value* latin1(Pickle& pickle, std::span<const uint8_t> utf8) {
    encoded_ += utf8.size();
    if (encoded_ > most_) return nullptr;  // each is there once
    std::vector<uint8_t> bytes;
    bytes.reserve(utf8.size());
    for (size_t i = 0; i < utf8.size(); ++i) {
      const uint8_t c = utf8[i];
      if (c < 0x80U) {
        bytes.push_back(c);
      } else if ((c == 0xc2U || c == 0xc3U) && i + 1 < utf8.size() && (utf8[i + 1] & 0xc0U) == 0x80U) {
        bytes.push_back(static_cast<uint8_t>((c & 3U) << 6U | (utf8[++i] & 0x3fU)));
      } else {
        return nullptr;
      }
    }
    Value& v = pickle.make(Kind::kBytes);
    v.bytes = pickle.keep(std::move(bytes));
    return &v;
  }

  size_t most_, encoded_ = 0;
};

}  // namespace

Pickle numpy_pickle(std::span<const uint8_t> bytes, const std::string& name) {
  NumpyNames names(bytes.size());
  return Pickle(bytes, name, names);
}

std::vector<int64_t> pickled_numbers(const PickleValue& value, const std::string& name,
                                     const std::string& what) {
  std::vector<int64_t> numbers;
  if (value.kind == Kind::kList) {
    for (const Value* v : value.items) {
      if (v->kind != Kind::kNumber) throw Error("read", name, what + " are not all whole numbers");
      numbers.push_back(v->number);
    }
    return numbers;
  }
  const bool whole = value.kind == Kind::kArray && value.shape.size() == 1 && value.order != '>' &&
                     (value.name[0] == 'u' || value.name[0] == 'i');
  if (!whole) throw Error("read", name, what + " are no list of whole numbers");
  const size_t size = *size_of(value.name);
  for (size_t i = 0; i < value.bytes.size(); i += size) {
    const bool negative = value.name[0] == 'i' && value.bytes[i + size - 1] >= 0x80U;
    uint64_t v = negative ? UINT64_MAX : 0;
    for (size_t b = size; b-- > 0;) v = v << 8U | value.bytes[i + b];
    numbers.push_back(static_cast<int64_t>(v));
  }
  return numbers;
}

std::vector<std::string> pickled_texts(const PickleValue& value, const std::string& name,
                                       const std::string& what) {
  std::vector<std::string> texts;
  const auto is_text = [](const Value* v) { return v->kind == Kind::kBytes; };
  if (value.kind != Kind::kList || !std::all_of(value.items.begin(), value.items.end(), is_text))
    throw Error("read", name, what + " are no list of texts");
  for (const Value* v : value.items) texts.emplace_back(v->text());
  return texts;
}

}  // namespace reverie
