// Shared by the programs `reverie` and `reverie-lab`.
#pragma once

#include <string>
#include <vector>

#include "verbs.h"

namespace reverie {

// main() of a program with these verbs: returns the exit status, 0 done, 1 failed, 2 invalid command line.
int run_program(const std::vector<Verb>& verbs, const std::string& name, int argc, char** argv);

}  // namespace reverie
