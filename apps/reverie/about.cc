#include "about.h"

#include "commit.h"  // made by cmake/commit.cmake

namespace reverie {

std::string about() {
  return "reverie " REVERIE_VERSION
         "\n"
         "commit     " REVERIE_COMMIT
         "\n"
         "built      " REVERIE_BUILD;
}

}  // namespace reverie
