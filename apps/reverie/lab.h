// The lab's verbs, which live in a program of their own, reverie-lab, because they need LibTorch.
#pragma once

#include <string_view>
#include <vector>

#include "verbs.h"

namespace reverie {

// Their names and help, without what they do.
const std::vector<Verb>& lab_verbs();
bool is_lab_verb(std::string_view name);

// Becomes reverie-lab, which lies beside this program, with the same words; returns, with status 1, only when
// that fails.
int run_lab(char** argv);

}  // namespace reverie
