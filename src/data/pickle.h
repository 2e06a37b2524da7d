// Python's pickles, read without running them: numbers, text, lists and NumPy's arrays.
//
// Format: the opcodes of pickletools.py in Python's library, those that protocols 2 to 5 write for plain
// data; arrays as NumPy's ndarray.__reduce__ and __reduce_ex__ give them.  A pickle is a program that may
// call anything: what names another class or function than those of NumPy's arrays is refused.
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

// A pickle in memory, which must outlive this.
class Pickle {
 public:
  // Error naming the file if it is damaged, cut off, or needs more than the above.
  Pickle(std::span<const uint8_t> bytes, const std::string& name);

  // Lists and dictionaries may hold themselves.
  const PickleValue& root() const { return *root_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  std::deque<std::vector<uint8_t>> encoded_;
  const PickleValue* root_ = nullptr;
};

// The whole numbers of a list or of an array of one dimension; Error("read", name, "WHAT ...") if it is
// neither.
std::vector<int64_t> pickled_numbers(const PickleValue& value, const std::string& name,
                                     const std::string& what);

// The bytes or texts of a list.
std::vector<std::string> pickled_texts(const PickleValue& value, const std::string& name,
                                       const std::string& what);

}  // namespace reverie
