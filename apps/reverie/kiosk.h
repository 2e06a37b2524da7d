// A set that nobody looks after.
#pragma once

namespace reverie {

// Runs the rest of the program in a child process, and again whenever that fails or dies; returns in the
// child only. When the child ends as it should, so does this process, with the same status; what asks this
// one to end asks the child.  Where there are no child processes it just returns.  Before any thread is
// started.
void come_back_after_failures();

}  // namespace reverie
