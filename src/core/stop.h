// Ctrl-C, SIGTERM and a closed terminal as a flag that long work looks at.
#pragma once

namespace reverie {

// From now on these only set the flag; a second Ctrl-C ends the process at once.
void install_stop_handler();
bool stop_requested();
void request_stop();

}  // namespace reverie
