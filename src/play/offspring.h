// Breeding in a set: children of what plays, one of which is chosen and plays next.
#pragma once

#include <set>
#include <string>

#include "control/desk.h"
#include "discover/breeder.h"

namespace reverie {

class Offspring {
 public:
  explicit Offspring(Desk& desk, bool alone = false);  // alone: as of Breeder

  struct View {
    std::string why_none;  // why what plays has no children; empty: it has
    std::array<Breeder::Shown, Breeder::kChildren> children;
    bool changed = false;  // the hands, or undo, have changed what plays since they were begun
  };
  // What there is to see now.  Another preset than before has other children.  They move while this is
  // called.
  View look();
  // It plays, and is the parent of the next eight; it is remembered as liked.  Nothing before it is grown.
  void choose(int place);
  // Another in its place; it is remembered as refused.
  void refuse(int place);
  // Eight others, of what plays now.
  void again();
  // How a child differs from its parent, in words; empty before it is grown.
  std::string difference(int place) const;

 private:
  void remember(const Breeder::Child& child, bool liked);

  Desk& desk_;
  Breeder breeder_;
  std::optional<Preset> parent_;
  uint64_t generation_ = 0, version_ = 0;
  bool changed_ = false;
};

}  // namespace reverie
