// Ctrl-C, SIGTERM and a closed terminal as a flag that long jobs poll.
#pragma once

#include <stdexcept>

namespace reverie {

// From now on these only set the flag; a second Ctrl-C ends the process immediately.
void install_stop_handler();
bool stop_requested();
void request_stop();

// Thrown where a wait ended because the user asked to stop: status 130.
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("stopped") {}
};

}  // namespace reverie
