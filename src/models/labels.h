// What the classes of a network are called, where its file does not say.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace reverie {

// The lines of a text file (.txt) beside the model that has as many of them as there are classes; of several,
// the one with the model's own name, else the first by name.  Without ImageNet's numbers ("n01440764 tench").
// Empty where there is none.
std::vector<std::string> labels_beside(const std::filesystem::path& model, size_t classes);

}  // namespace reverie
