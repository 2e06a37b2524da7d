// Stands in where libpipewire was missing when Reverie was built.
#include "core/error.h"
#include "media/pipewire.h"

namespace reverie::ffmpeg {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error("open", "pipewire:" + what, "this Reverie was built without PipeWire",
              "install libpipewire-0.3-dev and build again");
}

}  // namespace

std::vector<PipewireNode> list_pipewire_nodes() {
  refuse("");
}

std::unique_ptr<Source> open_pipewire_source(const std::string& node, const SourceOptions& /*options*/) {
  refuse(node);
}

std::unique_ptr<Source> open_wayland_screen(const SourceOptions& /*options*/) {
  throw Error("open", "screen:",
              "Wayland's screens need PipeWire and systemd's library, and this Reverie was built without",
              "install libpipewire-0.3-dev and libsystemd-dev and build again");
}

std::unique_ptr<Sink> open_pipewire_sink(const std::string& name, const SinkOptions& /*options*/) {
  refuse(name);
}

}  // namespace reverie::ffmpeg
