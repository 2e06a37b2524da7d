// The command `reverie-lab`: the verbs that need LibTorch.  `reverie` calls it for them.
#include "lab.h"
#include "program.h"

namespace {

using namespace reverie;

// In the order of lab_verbs().
std::vector<Verb> working_verbs() {
  Action (*const adders[])(CLI::App&) = {add_train, add_evaluate, add_inspect, add_probe, add_classify};
  std::vector<Verb> verbs = lab_verbs();
  for (size_t i = 0; i < verbs.size(); ++i) verbs[i].add = adders[i];
  return verbs;
}

}  // namespace

int main(int argc, char** argv) {
  return reverie::run_program(working_verbs(), "reverie", argc, argv);
}
