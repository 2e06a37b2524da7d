// What this build is: version, commit, compiler, options.
#pragma once

#include <string>

namespace reverie {

// Several lines, the first "reverie VERSION".
std::string about();

}  // namespace reverie
