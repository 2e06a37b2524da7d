// Messages to the user, on stderr; stdout is for the results.
#pragma once

#include <string>

namespace reverie {

void note(const std::string& line);     // what is happening
void warning(const std::string& line);  // what may not be as intended

// Shows a status line below the log that the next one overwrites (on a terminal); an empty one removes it.
void status_line(const std::string& line);

bool stderr_is_terminal();

}  // namespace reverie
