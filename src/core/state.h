// What something was in the middle of, by name: enough to go on in another process as if it had never
// stopped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

// Numbers and samples come back with the same bits.  Names of parts are put before those inside them, with a
// /.
class State {
 public:
  // shape [d0, d1, ...] in C order, as many samples as it says.
  struct Samples {
    std::vector<int64_t> shape;
    std::vector<float> data;
  };

  void put(const std::string& name, Samples samples);
  void put(const std::string& name, const Planes& planes);  // [C, H, W]; empty ones are left out
  void put_text(const std::string& name, std::string text);
  void put_whole(const std::string& name, int64_t value);
  void put_seed(const std::string& name, uint64_t seed) { put_whole(name, static_cast<int64_t>(seed)); }
  void put_number(const std::string& name, double value) { put_numbers(name, {value}); }
  void put_numbers(const std::string& name, const std::vector<double>& values);
  void put_part(const std::string& name, const State& part);

  bool has(const std::string& name) const { return samples_.contains(name) || texts_.contains(name); }
  // Those below: Error where there is none of that name and kind.
  const Samples& samples(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  int64_t whole(const std::string& name) const;
  uint64_t seed(const std::string& name) const { return static_cast<uint64_t>(whole(name)); }
  double number(const std::string& name) const;
  std::vector<double> numbers(const std::string& name) const;
  std::vector<double> numbers(const std::string& name, size_t count) const;  // so many
  // Empty where none were put.
  Planes planes(const std::string& name) const;
  // Error where they are not of this shape.
  Planes planes(const std::string& name, int channels, int height, int width) const;
  State part(const std::string& name) const;

  const std::map<std::string, Samples>& all_samples() const { return samples_; }
  const std::map<std::string, std::string>& all_texts() const { return texts_; }

 private:
  std::map<std::string, Samples> samples_;
  std::map<std::string, std::string> texts_;
};

}  // namespace reverie
