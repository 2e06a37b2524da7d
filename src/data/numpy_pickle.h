// Pickles of plain data and NumPy's arrays.
//
// Format: arrays as NumPy's ndarray.__reduce__ and __reduce_ex__ give them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/pickle.h"

namespace reverie {

// The bytes must outlive the result.  Error naming the file if they are damaged, cut off, or need more than
// numbers, text, lists and arrays.
Pickle numpy_pickle(std::span<const uint8_t> bytes, const std::string& name);

// The whole numbers of a list or of an array of one dimension; Error("read", name, "WHAT ...") if it is
// neither.
std::vector<int64_t> pickled_numbers(const PickleValue& value, const std::string& name,
                                     const std::string& what);

// The bytes or texts of a list.
std::vector<std::string> pickled_texts(const PickleValue& value, const std::string& name,
                                       const std::string& what);

}  // namespace reverie
