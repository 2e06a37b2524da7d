#include "lab.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "core/log.h"

namespace reverie {

namespace fs = std::filesystem;

const std::vector<Verb>& lab_verbs() {
  static const std::vector<Verb> list = {
      {"train", "train an hourglass by a recipe from a record set",
       "  reverie train hourglass-00 --data cifar.tfrecord            a recipe of the tree, into "
       "runs/hourglass-00\n"
       "  reverie train my.toml --data set.tfrecord -o runs/mine\n"
       "  reverie train hourglass-00 --data cifar.tfrecord --set channels=[24] --set iterations=2000 -o "
       "runs/24\n"
       "  reverie train --resume runs/mine                             go on after Ctrl-C or a crash\n"
       "  torchrun --nproc_per_node 2 --no_python reverie train my.toml --data set.tfrecord\n",
       nullptr},
      {"evaluate", "say how well a model gives pictures back",
       "  reverie evaluate runs/hourglass-00 --data cifar.tfrecord\n"
       "  reverie evaluate models/hourglass3.safetensors --data cifar.tfrecord --limit 100\n",
       nullptr},
      {"inspect", "make sheets of what a model gives back, of its filters and of its levels",
       "  reverie inspect runs/hourglass-09 --data cifar.tfrecord -o sheets     a run: its model and its "
       "curves\n"
       "  reverie inspect models/hourglass3.safetensors --data mine.tfrecord -o sheets --limit 8\n",
       nullptr},
      {"probe", "say how much each level knows of the labels, by a linear classifier",
       "  reverie probe runs/hourglass-09 --data cifar.tfrecord\n"
       "  reverie probe runs/hourglass-09 --data cifar.tfrecord --level 2 --grid 0\n",
       nullptr},
      {"classify", "say what pictures show, with a classifier that the lab trained",
       "  reverie classify photo.jpg --model runs/classifier-cifar\n"
       "  reverie classify *.png --model classifier.safetensors --top 1\n",
       nullptr},
  };
  return list;
}

bool is_lab_verb(std::string_view name) {
#if REVERIE_WITH_TRAINING
  const auto& all = lab_verbs();
  return std::any_of(all.begin(), all.end(), [&](const Verb& v) { return v.name == name; });
#else
  return (void)name, false;
#endif
}

int run_lab(char** argv) {
#if defined(_WIN32)
  note("reverie: call reverie-lab instead");
#else
  // without /proc: where argv says
  std::error_code code;
  fs::path self = fs::read_symlink("/proc/self/exe", code);
  if (code) self = fs::absolute(argv[0], code);
  const std::string lab = (self.parent_path() / "reverie-lab").string();
  execv(lab.c_str(), argv);
  note("reverie: cannot start " + lab + ": " + std::strerror(errno));
#endif
  return 1;
}

}  // namespace reverie
