// What model files say of their input and of themselves, beside their weights.
#pragma once

#include <string>

#include "models/model.h"

namespace reverie {

// Error where the metadata lack it.
std::string file_metadata(const TensorFile& file, const std::string& name);
double file_number(const TensorFile& file, const std::string& name, double low, double high);

// A list of layers, joined by ", ".
std::vector<std::string> words_in(const TensorFile& file, const std::string& name);
// Which of the words it is.  Error where it is none.
size_t word_in(const TensorFile& file, const std::string& name, const std::vector<std::string>& words);
template <class Enum>
Enum word_in(const TensorFile& file, const std::string& name, const std::vector<std::string>& words) {
  return static_cast<Enum>(word_in(file, name, words));
}

// Of networks that recipes train: metadata scale and mean, tensor mean.
InputTransform read_training_input(const TensorFile& file);
void write_training_input(const InputTransform& input, TensorFile& file);

// Error if there are fewer than `least`, or absurdly many.
std::vector<std::string> read_file_labels(const TensorFile& file, size_t least);

// Parameters and buffers by name.  Error where one is missing, has another shape or is not finite.
void read_parameters(const TensorFile& file, Parameters& parameters);
void write_parameters(const Parameters& parameters, TensorFile& file);

// Numbers of all tensors together.
double count_numbers(const TensorFile& file);

}  // namespace reverie
