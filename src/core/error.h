// Reverie's only exception: what was being done, to what, why it failed, what to do about it.
#pragma once

#include <stdexcept>
#include <string>

namespace reverie {

// Thrown where an operation ends, caught once per verb and printed as one line.
//
//   throw Error("read", path, "the header is cut off at byte 12", "copy the file again");
//     -> cannot read clip.mp4: the header is cut off at byte 12 (copy the file again)
class Error : public std::runtime_error {
 public:
  Error(const std::string& doing, const std::string& to_what, const std::string& why,
        const std::string& advice = "");

  // A complete sentence, for the few errors that do not fit "cannot DOING WHAT: WHY".
  explicit Error(const std::string& line);
};

}  // namespace reverie
