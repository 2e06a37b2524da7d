// Session files: everything that happened in a set, so that it can be rendered again frame by frame.
//
// Lines of JSON, written as things happen, so that however the process ends, only the last moment is lost:
//
//   {"reverie_session": 2, "fps": 30, "width": 400, "height": 400, "seed": "1", "kernel": "cpu", "fit":
//   "crop",
//    "preset": P}
//   {"frame": 12, "set": "zoom.2", "to": "1.5"}
//   {"frame": 40, "change": P, "seed": "1", "fade": 2}      P: {"name": ..., "folders": [...], "toml": ...}
//   {"frame": 47, "begin": true}                            the process that the change asked for
//   {"frame": 47, "abandon": true}                          ... or it could not be made
//   {"frame": 60, "noise": "17"}                            the state again, from this seed
//   {"frame": 61, "add": P, "place": 1, "seed": "3", "fade": 2, "part": "grade"}
//   {"frame": 62, "remove": true, "fade": 2, "part": "grade"}
//   {"frame": 63, "move": 0, "fade": 2, "part": "grade"}
//   {"frame": 64, "chain": C, "fade": 2}                    another chain, with the seeds of its parts
//   {"frame": 70, "begin_chain": true}                      it is ready ("abandon_chain": it could not be
//   made)
//   {"frame": 80, "blackout": true, "fade": 0.5}
//   {"frame": 81, "freeze": true}
//   {"frame": 90, "input": "clip.mp4"}                      from its beginning; empty: none
//   {"frame": 92, "play_input": {"speed": 2, "seek": 3.5, "from": {"share": 0.2}, "to": "now"}}   what of it
//   was said: times of the input in seconds, as shares of its length, or of what it shows
//   {"frame": 95, "show": 3}                                this frame of the input
//   {"frame": 96, "input_b": "b.mp4"}                       the same of input B: "play_input_b", "show_b"
//   {"frame": 97, "fade_input": 0.5}                        the fader from input A (0) to B (1)
//   {"frame": 99, "skip": 2}                                ticks of the clock that have no frame
//   {"frame": 100, "hear": [0.5, 0.7, 0.2, 0.1, 1, 120, 3.25]}  level, bass, mid, treble, onset, tempo, beats
//   {"frame": 120, "reached": true}                         once a second and at the end: as many are made
//
// Events of a part name it ("part": "feedback-2") unless there is only one.  A set that begins with a chain
// has "chain": C in place of "preset": C is P whose "toml" is a chain; "seeds" are those of its parts.
// Version 1 knew one part alone.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "control/event.h"
#include "core/deinterlace.h"
#include "core/fit.h"

namespace reverie {

struct SessionStart {
  explicit SessionStart(Chain c) : chain(std::move(c)) {}

  Chain chain;
  std::string version;  // of the Reverie that played
  double fps = 30;
  int width = 0, height = 0;  // pixels
  uint64_t seed = 0;
  std::string kernel;
  Fit fit = Fit::kCrop;                         // for inputs of another shape
  Deinterlace deinterlace = Deinterlace::kOff;  // as sets of version 0.1, which do not say
};

struct Session {
  SessionStart start;
  std::vector<TimedEvent> events;  // by frame
  int64_t frames = 0;              // number of frames computed, as far as the file says
};

// One line each, including its end.
std::string format_session_start(const SessionStart& start);
std::string format_event(const TimedEvent& event);
std::string format_reached(int64_t frames);

// Error "FILE:LINE: why" if it is not a session; any bytes are safe.  A truncated last line is ignored.
Session parse_session(std::string_view text, const std::string& file_name);
Session read_session(const std::filesystem::path& path);

}  // namespace reverie
