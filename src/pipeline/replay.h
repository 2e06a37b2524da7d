// Replays a set, frame by frame, from its session.
#pragma once

#include "control/session.h"
#include "pipeline/render.h"

namespace reverie {

struct ReplayRequest {
  Session session;
  std::string output;         // a sink as open_sink() takes it
  int width = 0, height = 0;  // 0: those of the set
  std::string input = {};     // replaces every input A of the set; empty: its own
  std::string input_b = {};   // likewise, of B
  int threads = 0;
  std::string kernel = {};      // empty: the set's
  std::optional<Fit> fit = {};  // nothing: the set's
  std::string sheet = {};       // a picture file of evenly spaced frames; empty: none
  bool check = false, quiet = false;
};

// Errors as in play_offline().
RenderResult replay(const ReplayRequest& request);

}  // namespace reverie
