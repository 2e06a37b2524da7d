// What the scores of a network mean, where its file does not say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reverie {

// From a text file (.txt) in the folder that has a line for each score; empty where there is none.  Of
// several, the one named `first`, then those that sound like labels.  Synset numbers (n01440764) and the
// marks of Places (/a/airfield 0) are left out.
std::vector<std::string> find_labels(const std::filesystem::path& folder, int64_t count,
                                     const std::string& first = "");

}  // namespace reverie
