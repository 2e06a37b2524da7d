#include "data/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "data/bytes.h"

namespace reverie {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

constexpr size_t kMostValues = size_t{1} << 21U;
constexpr size_t kMostDimensions = 8;
constexpr uint8_t kNewest = 5;  // protocol
constexpr const char* kAdvice = "save pictures as PNG, weights as safetensors";

enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kFloat = 'G',
  kInt4 = 'J',
  kInt1 = 'K',
  kInt2 = 'M',
  kNone = 'N',
  kReduce = 'R',
  kString4 = 'T',
  kString1 = 'U',
  kUnicode4 = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kDict = 'd',
  kEmptyDict = '}',
  kAppends = 'e',
  kGet1 = 'h',
  kGet4 = 'j',
  kList = 'l',
  kEmptyList = ']',
  kPut1 = 'q',
  kPut4 = 'r',
  kSetItem = 's',
  kTuple = 't',
  kEmptyTuple = ')',
  kSetItems = 'u',
  kBytes4 = 'B',
  kBytes1 = 'C',
  kProtocol = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kTrue = 0x88,
  kFalse = 0x89,
  kLong1 = 0x8a,
  kUnicode1 = 0x8c,
  kUnicode8 = 0x8d,
  kBytes8 = 0x8e,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
  kByteArray8 = 0x96,
};

std::optional<size_t> size_of(const std::string& type) {
  if (type.size() != 2 || (type[0] != 'u' && type[0] != 'i' && type[0] != 'f' && type[0] != 'b')) return {};
  const int size = type[1] - '0';
  return size == 1 || size == 2 || size == 4 || size == 8 ? std::optional(static_cast<size_t>(size))
                                                          : std::nullopt;
}

}  // namespace

// A machine with a stack, as pickles need; it calls nothing.
class PickleReader {
 public:
  PickleReader(Pickle& out, std::span<const uint8_t> bytes, const std::string& name)
      : out_(out), bytes_(bytes), name_(name) {}

  void read() {
    if (bytes_.empty() || bytes_[0] != kProtocol) fail("it is no pickle of protocol 2 or later");
    while (!step(take(1)[0])) {
    }
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error("read", name_, why); }
  [[noreturn]] void fail_damaged() const {
    fail(fmt::format("the pickle is damaged or cut off at byte {}", at_));
  }

  [[noreturn]] void fail_opcode(uint8_t op) const {
    throw Error(
        "read", name_,
        fmt::format("the pickle holds more than numbers, text, lists and arrays (opcode {:#04x} at byte {})",
                    op, at_ - 1),
        kAdvice);
  }

  std::span<const uint8_t> take(uint64_t n) {
    if (n > bytes_.size() - at_) fail_damaged();
    const std::span<const uint8_t> taken = bytes_.subspan(at_, static_cast<size_t>(n));
    at_ += taken.size();
    return taken;
  }
  template <class T>
  T number() {
    return load_little<T>(take(sizeof(T)).data());
  }
  std::string line() {
    const auto rest = bytes_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), uint8_t{'\n'});
    if (end == rest.end()) fail_damaged();
    const auto text = take(static_cast<uint64_t>(end - rest.begin()));
    take(1);
    return {text.begin(), text.end()};
  }

  Value& make(Kind kind) {
    if (out_.values_.size() >= kMostValues) fail(fmt::format("it holds more than {} values", kMostValues));
    Value& v = out_.values_.emplace_back();
    v.kind = kind;
    return v;
  }
  void push(Value& v) { stack_.push_back(&v); }
  void push_number(int64_t n) {
    Value& v = make(Kind::kNumber);
    v.number = n;
    push(v);
  }
  void push_bytes(std::span<const uint8_t> bytes) {
    Value& v = make(Kind::kBytes);
    v.bytes = bytes;
    push(v);
  }

  // What a mark hides is not there.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Value& top() {
    if (stack_.size() <= floor()) fail_damaged();
    return *stack_.back();
  }
  Value& pop() {
    Value& v = top();
    stack_.pop_back();
    return v;
  }
  // The values since the last mark, which goes with them.
  std::vector<Value*> pop_mark() {
    if (marks_.empty()) fail_damaged();
    const auto from = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<Value*> items(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<Value*> pop_some(size_t n) {
    std::vector<Value*> items(n);
    while (n-- > 0) items[n] = &pop();
    return items;
  }
  void push_items(Kind kind, std::vector<Value*> items) {
    if (kind == Kind::kDict && items.size() % 2 != 0) fail_damaged();
    Value& v = make(kind);
    v.items = std::move(items);
    push(v);
  }
  // To the list or dictionary on top.
  void add_to(Kind kind, const std::vector<Value*>& items) {
    Value& v = top();
    if (v.kind != kind || (kind == Kind::kDict && items.size() % 2 != 0)) fail_damaged();
    v.items.insert(v.items.end(), items.begin(), items.end());
  }

  void get(uint32_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) fail_damaged();
    push(*found->second);
  }

  // True at the end.
  bool step(uint8_t op) {
    switch (op) {
      case kStop:
        out_.root_ = &pop();
        return true;
      case kProtocol:
        if (const auto version = number<uint8_t>(); version < 2 || version > kNewest)
          fail(fmt::format("it is a pickle of protocol {}, not 2 to {}", version, kNewest));
        return false;
      case kFrame:
        take(8);
        return false;
      case kPut1:
        memo_[number<uint8_t>()] = &top();
        return false;
      case kPut4:
        memo_[number<uint32_t>()] = &top();
        return false;
      case kMemoize:
        memo_[static_cast<uint32_t>(memo_.size())] = &top();
        return false;
      case kGet1:
        get(number<uint8_t>());
        return false;
      case kGet4:
        get(number<uint32_t>());
        return false;
      case kMark:
        marks_.push_back(stack_.size());
        return false;
      case kPop:
        pop();
        return false;
      case kPopMark:
        pop_mark();
        return false;
      default:
        if (!scalar(op) && !container(op) && !object(op)) fail_opcode(op);
        return false;
    }
  }

  bool scalar(uint8_t op) {
    switch (op) {
      case kNone:
        push(make(Kind::kOther));
        return true;
      case kTrue:
      case kFalse:
        push_number(op == kTrue ? 1 : 0);
        return true;
      case kFloat:
        take(8);
        push(make(Kind::kOther));
        return true;
      case kInt1:
        push_number(number<uint8_t>());
        return true;
      case kInt2:
        push_number(number<uint16_t>());
        return true;
      case kInt4:
        push_number(static_cast<int32_t>(number<uint32_t>()));
        return true;
      case kLong1:
        push_number(long_number());
        return true;
      case kString1:
      case kBytes1:
      case kUnicode1:
        push_bytes(take(number<uint8_t>()));
        return true;
      case kString4:
      case kBytes4:
      case kUnicode4:
        push_bytes(take(number<uint32_t>()));
        return true;
      case kUnicode8:
      case kBytes8:
      case kByteArray8:
        push_bytes(take(number<uint64_t>()));
        return true;
      default:
        return false;
    }
  }

  // Two's complement of so many bytes.
  int64_t long_number() {
    const auto digits = take(number<uint8_t>());
    if (digits.size() > sizeof(int64_t)) fail("it has a number of more than 64 bits");
    uint64_t v = !digits.empty() && digits.back() >= 0x80U ? UINT64_MAX : 0;
    for (size_t i = digits.size(); i-- > 0;) v = v << 8U | digits[i];
    return static_cast<int64_t>(v);
  }

  bool container(uint8_t op) {
    switch (op) {
      case kEmptyList:
      case kEmptyTuple:
        push(make(Kind::kList));
        return true;
      case kEmptyDict:
        push(make(Kind::kDict));
        return true;
      case kList:
      case kTuple:
        push_items(Kind::kList, pop_mark());
        return true;
      case kTuple1:
      case kTuple2:
      case kTuple3:
        push_items(Kind::kList, pop_some(static_cast<size_t>(op - kTuple1) + 1));
        return true;
      case kDict:
        push_items(Kind::kDict, pop_mark());
        return true;
      case kAppend:
        add_to(Kind::kList, pop_some(1));
        return true;
      case kAppends:
        add_to(Kind::kList, pop_mark());
        return true;
      case kSetItem:
        add_to(Kind::kDict, pop_some(2));
        return true;
      case kSetItems:
        add_to(Kind::kDict, pop_mark());
        return true;
      default:
        return false;
    }
  }

  bool object(uint8_t op) {
    switch (op) {
      case kGlobal: {
        const std::string module = line();
        push_global(module, line());
        return true;
      }
      case kStackGlobal: {
        const std::vector<Value*> names = pop_some(2);
        push_global(std::string(names[0]->text()), std::string(names[1]->text()));
        return true;
      }
      case kReduce: {
        const std::vector<Value*> call = pop_some(2);
        if (call[0]->kind != Kind::kGlobal || call[1]->kind != Kind::kList) fail_damaged();
        reduce(call[0]->name, call[1]->items);
        return true;
      }
      case kBuild: {
        const Value& state = pop();
        build(top(), state.items);
        return true;
      }
      default:
        return false;
    }
  }

  void push_global(std::string module, const std::string& of) {
    // NumPy 2 renamed its own modules, Python 3 its built-in ones
    if (module.starts_with("numpy._core")) module.replace(0, 11, "numpy.core");
    if (module == "__builtin__") module = "builtins";
    static constexpr std::array<std::string_view, 6> kKnown = {"numpy ndarray",
                                                               "numpy dtype",
                                                               "numpy.core.multiarray _reconstruct",
                                                               "numpy.core.numeric _frombuffer",
                                                               "_codecs encode",
                                                               "builtins bytes"};
    const std::string name = module + " " + of;
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      throw Error(
          "read", name_,
          fmt::format("the pickle needs Python's {:.80}.{:.80}, and Reverie runs nothing that a file names",
                      printable(module), printable(of)),
          kAdvice);
    }
    Value& v = make(Kind::kGlobal);
    v.name = name;
    push(v);
  }

  void reduce(const std::string& function, const std::vector<Value*>& items) {
    if (function == "numpy.core.multiarray _reconstruct") {
      push(make(Kind::kArray));
    } else if (function == "numpy dtype" && !items.empty()) {
      set_type(items[0]->text());
    } else if (function == "numpy.core.numeric _frombuffer" && items.size() == 4) {
      Value& array = make(Kind::kArray);
      fill(array, *items[2], *items[1], items[3]->text() == "F", *items[0]);
      push(array);
    } else if (function == "_codecs encode" && items.size() == 2 && items[1]->text() == "latin1") {
      push_bytes(latin1(items[0]->bytes));
    } else if (function == "builtins bytes" && items.empty()) {
      push_bytes({});
    } else {
      fail_damaged();
    }
  }

  // "u1", or "<i8" with the order.
  void set_type(std::string_view text) {
    Value& type = make(Kind::kType);
    if (text.size() == 3) {
      type.order = text[0];
      text.remove_prefix(1);
    }
    type.name = text;
    if (!size_of(type.name))
      fail(fmt::format("it has an array of the type {:.20}", printable(std::string(text))));
    push(type);
  }

  // State of a type: version, order, ...; of an array: version, shape, type, order of dimensions, bytes.
  void build(Value& object, const std::vector<Value*>& state) {
    constexpr size_t kArrayState = 5;
    if (object.kind == Kind::kType && state.size() >= 2 && state[1]->bytes.size() == 1) {
      object.order = static_cast<char>(state[1]->bytes[0]);
    } else if (object.kind == Kind::kArray && state.size() == kArrayState) {
      fill(object, *state[1], *state[2], state[3]->number != 0, *state[4]);
    } else {
      fail_damaged();
    }
  }

  void fill(Value& array, const Value& shape, const Value& type, bool fortran, const Value& bytes) {
    const std::optional<size_t> size = size_of(type.name);
    if (shape.kind != Kind::kList || shape.items.size() > kMostDimensions || type.kind != Kind::kType ||
        !size || bytes.kind != Kind::kBytes)
      fail_damaged();
    array.shape.clear();
    uint64_t count = 1;
    for (const Value* side : shape.items) {
      const int64_t n = side->number;
      // no more than there are bytes, so that no product overflows
      if (side->kind != Kind::kNumber || n < 0 ||
          (n > 0 && count > bytes.bytes.size() / static_cast<uint64_t>(n)))
        fail_damaged();
      count *= static_cast<uint64_t>(n);
      array.shape.push_back(n);
    }
    if (count * *size != bytes.bytes.size()) fail_damaged();
    array.name = type.name;
    array.order = type.order;
    array.fortran = fortran;
    array.bytes = bytes.bytes;
  }

  // Python 3 gives bytes to protocol 2 as text of the same characters.
  std::span<const uint8_t> latin1(std::span<const uint8_t> utf8) {
    encoded_ += utf8.size();
    if (encoded_ > bytes_.size()) fail_damaged();  // each is there once
    std::vector<uint8_t>& bytes = out_.encoded_.emplace_back();
    bytes.reserve(utf8.size());
    for (size_t i = 0; i < utf8.size(); ++i) {
      const uint8_t c = utf8[i];
      if (c < 0x80U) {
        bytes.push_back(c);
      } else if ((c == 0xc2U || c == 0xc3U) && i + 1 < utf8.size() && (utf8[i + 1] & 0xc0U) == 0x80U) {
        bytes.push_back(static_cast<uint8_t>((c & 3U) << 6U | (utf8[++i] & 0x3fU)));
      } else {
        fail_damaged();
      }
    }
    return bytes;
  }

  Pickle& out_;
  std::span<const uint8_t> bytes_;
  const std::string& name_;
  size_t at_ = 0, encoded_ = 0;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint32_t, Value*> memo_;
};

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind != Kind::kDict) return nullptr;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i]->kind == Kind::kBytes && items[i]->text() == key) return items[i + 1];
  }
  return nullptr;
}

Pickle::Pickle(std::span<const uint8_t> bytes, const std::string& name) {
  PickleReader(*this, bytes, name).read();
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
