// What the verbs that make one clip of another share: size, rate, length, draws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/render.h"

namespace CLI {
class App;
}

namespace reverie {

struct ClipWords {
  std::string size, fps, seconds, start;
  std::optional<int64_t> frames;
  std::optional<uint64_t> given_seed;
  int threads = 0;
  bool resume = false, quiet = false;
};

// The name of a file as it is found from any folder, so that what is made can be made again; other words
// stay.
std::string from_anywhere(const std::string& word);

// group: the heading above them in the help; empty: the general one.
void add_clip_options(CLI::App& app, ClipWords& words, const std::string& group = "");

// UsageError where an option and a --set give the same parameter.
struct ParameterOption {
  std::string option, name, value;  // "--beta", "beta", "0.5"; value empty: not given
};
void refuse_said_twice(const std::vector<ParameterOption>& options, const std::vector<std::string>& sets);

// `input` empty: none.  A picture as the input of a video stands still for ten seconds, unless the words say
// how long.
RenderRequest clip_request(const ClipWords& words, Chain chain, const std::string& input,
                           const std::string& output);

// The options that all renders share.
void add_resume(CLI::App& app, bool& resume);
// Of a render that was stopped and can be gone on with, or that was finished before: says so and gives the
// program's status; nothing for others.
std::optional<int> told_of_resume(const RenderResult& result);

// Renders, says what was made, and gives the program's status.
int render_clip(const RenderRequest& request);

}  // namespace reverie
