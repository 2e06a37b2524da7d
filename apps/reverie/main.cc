// The command `reverie`.
#include "lab.h"
#include "program.h"

int main(int argc, char** argv) {
  // LibTorch takes a third of a second to load: only those who train wait for it.
  if (argc > 1 && reverie::is_lab_verb(argv[1])) return reverie::run_lab(argv);
  return reverie::run_program(reverie::verbs(), "reverie", argc, argv);
}
