// Lines for the person, on stderr; stdout is for what was asked for.
#pragma once

#include <string>

namespace reverie {

void note(const std::string& line);     // what happens
void warning(const std::string& line);  // what may not be as wished

// Puts a line that the next line overwrites (a terminal) under the log; empty takes it away.
void status_line(const std::string& line);

bool stderr_is_terminal();

}  // namespace reverie
