// Ctrl-C, SIGTERM and a closed terminal as a flag that long jobs poll.
#pragma once

namespace reverie {

// From now on these only set the flag; a second Ctrl-C ends the process immediately.
void install_stop_handler();
bool stop_requested();
void request_stop();

}  // namespace reverie
