// What the processes of one search tell each other, as values in their store: a head of TOML, and bytes.
#pragma once

#include <string>
#include <vector>

#include "discover/archive.h"

namespace reverie {

// Keys of the store.  Processes that join are numbered from 1 as they come; 0 is the one that searches.
struct SearchKeys {
  static constexpr const char* kProgram = "program";      // the version of process 0's
  static constexpr const char* kLikes = "likes";          // of the search
  static constexpr const char* kDescriber = "describer";  // the file of its network
  static constexpr const char* kSettings = "settings";    // likewise; the last that is set
  static constexpr const char* kArrivals = "arrivals";    // a counter
  static constexpr const char* kOver = "over";
  static std::string hello(int64_t number);  // "RANK THREADS"
  static std::string beat(int64_t number);   // a counter that shows who is there
  static std::string left(int64_t number);   // it has ended by itself
  static std::string gone(int64_t number);   // process 0 has given it up
  static std::string next_try(int64_t number, int thread);
  static std::string life(int64_t number, int thread);
};

// A try on its way to where it is lived, and the bars that it has to clear.
struct SentTry {
  Preset preset;
  std::vector<double> bars;
};

// The preset finds its files from anywhere.
std::string format_try(const Preset& preset, const std::vector<double>& bars);
SentTry parse_try(const std::string& message, size_t cells);  // any bytes are safe; Error

// Of the dead, the reason; of the others, the figures that are kept, exactly, and the strip in 8 bits.
std::string format_life(const Life& life);
Life parse_life(const std::string& message, int size);  // any bytes are safe; Error

}  // namespace reverie
