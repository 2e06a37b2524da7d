// A dreamed picture from start to end, in any style.
#pragma once

#include <filesystem>

#include "dream/dreamer.h"

namespace reverie {

struct DreamRequest {
  Planes picture;
  std::optional<ParameterValues> values;  // of the effect
  std::string style = "classic";
  uint64_t seed = 1;
  double factor = 2;  // of enhance
  int batch = 1;      // of lucid
  int threads = 1;    // the same number gives the same picture
  std::function<std::filesystem::path(const std::string&)> find_file;
  std::function<Planes(const std::filesystem::path&)> read_picture;
};

// now: makes the picture as it is, of the request's size.
using OnDreamPicture = std::function<void(const DreamStep&, const std::function<Planes()>& now)>;

// One picture, of lucid `batch`; errors and Stopped as dream() has them.
std::vector<Planes> dream_pictures(const DreamRequest& request, const OnDreamPicture& told);

// Grey noise to dream from, the same for the same seed.
Planes dream_noise(int height, int width, uint64_t seed);

// The layer and channel of a label, as a term: by its words, or by its number.  Error with the nearest label.
std::string class_term(const std::filesystem::path& model, const std::string& label);

// The network that ships, as its parameter names it.
std::string default_model();

}  // namespace reverie
