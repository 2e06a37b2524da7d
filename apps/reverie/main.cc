// The commands `reverie` and, with LibTorch (REVERIE_LAB), `reverie-lab`.
#include "lab.h"
#include "program.h"

int main(int argc, char** argv) {
  reverie::remember_words(argv);
  reverie::let_threads_sleep();
  reverie::keep_memory();
  reverie::provide_torch_effects();
  return reverie::run_program(reverie::verbs(), "reverie", argc, argv);
}
