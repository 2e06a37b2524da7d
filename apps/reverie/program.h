// What the programs `reverie` and `reverie-lab` share.
#pragma once

#include <string>
#include <vector>

#include "verbs.h"

namespace reverie {

// main() of a program that offers these verbs: the exit status, 0 done, 1 failed, 2 a wrong command line.
int run_program(const std::vector<Verb>& verbs, const std::string& name, int argc, char** argv);

}  // namespace reverie
