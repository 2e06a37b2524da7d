// The kinds of sources, one file each; open_source chooses.  Internal to media/.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/input.h"
#include "media/source.h"

namespace reverie::ffmpeg {

// A video, stream or camera; or, if the Input is a picture, a still.
std::unique_ptr<Source> open_video(Input input, const SourceOptions& options);
std::unique_ptr<Source> open_still(Input input, const SourceOptions& options);

// A folder, or a name with * ? or %d in its last part; `spec` is for the description and errors.
std::unique_ptr<Source> open_pictures(const std::string& spec, const SourceOptions& options);
bool is_picture_pattern(const std::string& spec);

std::unique_ptr<Source> open_test_picture(const std::string& name, const SourceOptions& options);

// One decoded picture and how to show it.
struct Still {
  FramePtr frame;
  Look look;
};
// The first frame of an input.  Error if nothing in it can be decoded.
Still decode_first(Input& input);

// How many frames options.seconds allows, if it is set.
std::optional<int64_t> frame_limit(const SourceOptions& options, double fps);

// Sets frames, seconds and endless: `own` is the source's number of frames, none if endless or unknown.
void set_length(SourceInfo& info, const SourceOptions& options, std::optional<int64_t> own, bool endless);

}  // namespace reverie::ffmpeg
