// What is taken for what.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/planes.h"

namespace reverie {

using Confusion = std::vector<std::vector<int>>;  // [label][answer]: how many

// A row for each label, its answers across in per cent.
Planes confusion_sheet(const Confusion& confusion, const std::vector<std::string>& labels,
                       std::string_view title);

// How many, and how many of them on the diagonal.
int all_answers(const Confusion& confusion);
int right_answers(const Confusion& confusion);

}  // namespace reverie
