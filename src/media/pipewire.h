// Pictures from and to other programs by way of PipeWire; no_pipewire.cc stands in where it was not built in.
// Internal to media/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "media/sink.h"
#include "media/source.h"

namespace reverie::ffmpeg {

// What gives pictures: a camera, a screen, another program.
struct PipewireNode {
  std::string serial;       // "42": while PipeWire runs no other has it
  std::string name;         // "v4l2_input.pci-0000_00_14.0"
  std::string description;  // "HD Webcam"
  bool own = false;         // it is of this process
};

// Those of other processes, by name.  Error where PipeWire is not built in, or does not run.
std::vector<PipewireNode> list_pipewire_nodes();

// The pictures of a node, by its name, description or serial; "": of any that is not our own.  Live.
// Error if nothing of that name gives pictures within some seconds.
std::unique_ptr<Source> open_pipewire_source(const std::string& node, const SourceOptions& options);

// A screen or window of a Wayland desktop, which the person chooses in its dialog.  Live.
// Error as of ScreenPortal; SourceRefused when the desktop ends it.
std::unique_ptr<Source> open_wayland_screen(const SourceOptions& options);

// A camera of that name ("": reverie) for other programs, as long as the sink lives.  A program that is slow
// misses pictures; nobody makes write() wait.
std::unique_ptr<Sink> open_pipewire_sink(const std::string& name, const SinkOptions& options);

}  // namespace reverie::ffmpeg
