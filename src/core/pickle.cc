#include "core/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/little.h"
#include "core/text.h"

namespace reverie {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

constexpr size_t kMostValues = size_t{1} << 21U;
constexpr uint8_t kNewest = 5;  // protocol

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
  kPersistent = 'Q',
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

// A machine with a stack, as pickles need; it calls nothing.
class PickleReader {
 public:
  PickleReader(Pickle& out, std::span<const uint8_t> bytes, const std::string& name, PickleNames& names)
      : out_(out), bytes_(bytes), name_(name), names_(names) {}

  const Value* read() {
    if (bytes_.empty() || bytes_[0] != kProtocol) fail("it is no pickle of protocol 2 or later");
    while (!step(take(1)[0])) {
    }
    return root_;
  }
  size_t at() const { return at_; }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error("read", name_, why); }
  [[noreturn]] void fail_damaged() const {
    fail(fmt::format("the pickle is damaged or cut off at byte {}", at_));
  }

  [[noreturn]] void fail_opcode(uint8_t op) const {
    throw Error(
        "read", name_,
        fmt::format("the pickle holds more than {} (opcode {:#04x} at byte {})", names_.holds(), op, at_ - 1),
        names_.advice());
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

  void push(Value& v) { stack_.push_back(&v); }
  void push_number(int64_t n) {
    Value& v = out_.make(Kind::kNumber);
    v.number = n;
    push(v);
  }
  void push_bytes(std::span<const uint8_t> bytes) {
    Value& v = out_.make(Kind::kBytes);
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
    Value& v = out_.make(kind);
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
        root_ = &pop();
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
        push(out_.make(Kind::kOther));
        return true;
      case kTrue:
      case kFalse:
        push_number(op == kTrue ? 1 : 0);
        return true;
      case kFloat:
        take(8);
        push(out_.make(Kind::kOther));
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
        push(out_.make(Kind::kList));
        return true;
      case kEmptyDict:
        push(out_.make(Kind::kDict));
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
        push_made(names_.call(out_, call[0]->name, call[1]->items));
        return true;
      }
      case kBuild: {
        const Value& state = pop();
        if (!names_.set_state(out_, top(), state)) fail_damaged();
        return true;
      }
      case kPersistent: {
        Value& id = pop();
        push_made(names_.persistent(out_, id));
        return true;
      }
      default:
        return false;
    }
  }

  void push_global(const std::string& module, const std::string& of) {
    std::string known = names_.known(module, of);
    if (known.empty()) {
      throw Error(
          "read", name_,
          fmt::format("the pickle needs Python's {:.80}.{:.80}, and Reverie runs nothing that a file names",
                      printable(module), printable(of)),
          names_.advice());
    }
    Value& v = out_.make(Kind::kGlobal);
    v.name = std::move(known);
    push(v);
  }

  void push_made(Value* v) {
    if (v == nullptr) fail_damaged();
    push(*v);
  }

  Pickle& out_;
  std::span<const uint8_t> bytes_;
  const std::string& name_;
  PickleNames& names_;
  size_t at_ = 0;
  const Value* root_ = nullptr;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint32_t, Value*> memo_;
};

}  // namespace

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind != Kind::kDict) return nullptr;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i]->kind == Kind::kBytes && items[i]->text() == key) return items[i + 1];
  }
  return nullptr;
}

Pickle::Pickle(std::span<const uint8_t> bytes, const std::string& name, PickleNames& names) : name_(name) {
  PickleReader reader(*this, bytes, name, names);
  root_ = reader.read();
  size_ = reader.at();
}

PickleValue& Pickle::make(PickleValue::Kind kind) {
  if (values_.size() >= kMostValues) fail(fmt::format("it holds more than {} values", kMostValues));
  Value& v = values_.emplace_back();
  v.kind = kind;
  return v;
}

void Pickle::fail(const std::string& why) const {
  throw Error("read", name_, why);
}

}  // namespace reverie
