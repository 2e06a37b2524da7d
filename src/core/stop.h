// Ctrl-C and SIGTERM as a flag that long work looks at.
#pragma once

namespace reverie {

// From now on the first Ctrl-C (or SIGTERM) only sets the flag; a second one ends the process at once.
void install_stop_handler();
bool stop_requested();
void request_stop();

}  // namespace reverie
