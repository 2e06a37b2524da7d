#include "core/error.h"

#include "core/text.h"

namespace reverie {

Error::Error(const std::string& line) : std::runtime_error(printable(line)) {}

Error::Error(const std::string& doing, const std::string& to_what, const std::string& why,
             const std::string& advice)
    : std::runtime_error(printable("cannot " + doing + (to_what.empty() ? "" : " " + to_what) + ": " + why +
                                   (advice.empty() ? "" : " (" + advice + ")"))) {}

}  // namespace reverie
