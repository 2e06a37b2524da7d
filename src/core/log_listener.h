// Messages to the user, for whoever shows them elsewhere too.
#pragma once

#include <functional>
#include <string>

namespace reverie {

// Called with every note() and warning(), on the thread that says it; one at a time.  Null: nobody.  It must
// not say anything itself.
void listen_to_log(std::function<void(const std::string& line)> listener);

}  // namespace reverie
