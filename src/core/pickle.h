// Python's pickles, read without running them: numbers, text, lists, dictionaries, and what a few known names
// make of those.
//
// Format: the opcodes of pickletools.py in Python's library, those that protocols 2 to 5 write for plain
// data.  A pickle is a program that may call anything: which names it may hold, and what stands for their
// results, is its reader's to say; all others are refused.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

struct PickleValue {
  enum class Kind {
    kOther,   // None, a float
    kNumber,  // or a bool
    kBytes,   // or text, which is UTF-8
    kList,    // or a tuple
    kDict,
    kGlobal,  // a class or function
    kType,    // of an array's values
    kArray,
    kObject,  // whatever else the reader's names make
  };

  Kind kind = Kind::kOther;
  char order = '|';      // of an array's or type's bytes: '<', '>', or '|' for single bytes
  bool fortran = false;  // an array with its first dimension fastest
  int64_t number = 0;
  std::span<const uint8_t> bytes;   // of an array: its values
  std::string name;                 // of a global: "numpy dtype"; of a type or an array: "u1", "i8"
  std::vector<PickleValue*> items;  // of a dictionary: key, value, key, value
  std::vector<int64_t> shape;       // of an array; its product is that of its values

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  // The value of a dictionary's key, bytes or text; null if there is none or this is no dictionary.
  const PickleValue* find(std::string_view key) const;
};

class Pickle;

// The classes and functions that a pickle may name.  What does not fit gives null or false: the pickle is
// damaged then.
class PickleNames {
 public:
  using Items = std::vector<PickleValue*>;

  virtual ~PickleNames() = default;

  // For errors: "numbers, text, lists and arrays", and what to do about a pickle that holds more.
  virtual std::string holds() const = 0;
  virtual std::string advice() const = 0;
  // "module name" of a known one, as the other calls get it; empty for all others.
  virtual std::string known(const std::string& module, const std::string& name) const = 0;
  virtual PickleValue* call(Pickle& pickle, const std::string& global, const Items& arguments) = 0;
  virtual bool set_state(Pickle& pickle, PickleValue& object, const PickleValue& state) = 0;
  // What the pickle's writer keeps elsewhere.
  virtual PickleValue* persistent(Pickle& /*pickle*/, PickleValue& /*id*/) { return nullptr; }

 protected:
  PickleNames() = default;
  PickleNames(const PickleNames&) = default;
  PickleNames(PickleNames&&) = default;
  PickleNames& operator=(const PickleNames&) = default;
  PickleNames& operator=(PickleNames&&) = default;
};

// A pickle in memory, which must outlive this.
class Pickle {
 public:
  // Error naming the file if it is damaged, cut off, or needs more than the names.  What follows its end is
  // left alone.
  Pickle(std::span<const uint8_t> bytes, const std::string& name, PickleNames& names);
  Pickle(Pickle&&) = default;  // no copies: values point to each other
  Pickle& operator=(Pickle&&) = default;

  // Lists and dictionaries may hold themselves.
  const PickleValue& root() const { return *root_; }
  size_t size() const { return size_; }  // bytes of it

  // For PickleNames: a new value.
  PickleValue& make(PickleValue::Kind kind);
  // Bytes for one, kept as long as this.
  std::span<const uint8_t> keep(std::vector<uint8_t> bytes) {
    return encoded_.emplace_back(std::move(bytes));
  }
  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::string name_;
  std::deque<PickleValue> values_;
  std::deque<std::vector<uint8_t>> encoded_;
  const PickleValue* root_ = nullptr;
  size_t size_ = 0;
};

}  // namespace reverie
