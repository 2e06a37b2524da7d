#include "media/pipewire_connection.h"

#include <fmt/format.h>
#include <spa/param/buffers.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/limits.h"

namespace reverie::ffmpeg {
namespace {

constexpr double kPatience = 1;  // seconds for an answer of the daemon

void initialise() {
  static const bool done = [] {
    pw_init(nullptr, nullptr);
    // what goes wrong is told as our own errors
    if (std::getenv("PIPEWIRE_DEBUG") == nullptr) pw_log_set_level(SPA_LOG_LEVEL_NONE);
    return true;
  }();
  (void)done;
}

std::string text(const char* words) {
  return words == nullptr ? "" : words;
}

}  // namespace

PipewireConnection::PipewireConnection(std::string what, std::optional<int> over) : what_(std::move(what)) {
  initialise();
  loop_.reset(pw_thread_loop_new("pipewire", nullptr));
  if (loop_) context_.reset(pw_context_new(pw_thread_loop_get_loop(loop_.get()), nullptr, 0));
  if (!context_ || pw_thread_loop_start(loop_.get()) != 0)
    throw Error("open", what_, "libpipewire does not work here");
  running_.reset(loop_.get());
  const Lock lock(*this);
  core_.reset(over ? pw_context_connect_fd(context_.get(), *over, nullptr, 0)
                   : pw_context_connect(context_.get(), nullptr, 0));
  if (!core_) throw Error("open", what_, "PipeWire does not run here", "start it, or use a camera or a file");
  ask_for_nodes();
}

PipewireConnection::~PipewireConnection() = default;

void PipewireConnection::ask_for_nodes() {
  static const pw_core_events kCoreEvents = [] {
    pw_core_events e = {};
    e.version = PW_VERSION_CORE_EVENTS;
    e.done = [](void* self, uint32_t /*id*/, int number) {
      auto& c = *static_cast<PipewireConnection*>(self);
      c.answered_ = number;
      c.wake();
    };
    e.error = [](void* self, uint32_t id, int /*number*/, int result, const char* /*message*/) {
      auto& c = *static_cast<PipewireConnection*>(self);
      if (id == PW_ID_CORE && result == -EPIPE) c.lost_ = true;
      c.wake();
    };
    return e;
  }();
  static const pw_registry_events kRegistryEvents = [] {
    pw_registry_events e = {};
    e.version = PW_VERSION_REGISTRY_EVENTS;
    e.global = [](void* self, uint32_t id, uint32_t /*permissions*/, const char* type, uint32_t /*version*/,
                  const spa_dict* properties) {
      static_cast<PipewireConnection*>(self)->found(id, type, properties);
    };
    e.global_remove = [](void* self, uint32_t id) {
      auto& c = *static_cast<PipewireConnection*>(self);
      c.nodes_.erase(id);
      c.wake();
    };
    return e;
  }();
  pw_core_add_listener(core_.get(), &core_hook_, &kCoreEvents, this);
  registry_.reset(pw_core_get_registry(core_.get(), PW_VERSION_REGISTRY, 0));
  if (!registry_) throw Error("open", what_, "PipeWire does not answer");
  pw_registry_add_listener(registry_.get(), &registry_hook_, &kRegistryEvents, this);
  asked_ = pw_core_sync(core_.get(), PW_ID_CORE, 0);
  for (int tries = 0; answered_ != asked_ && !lost_ && tries < 20; ++tries) wait(kPatience / 20);
  if (answered_ != asked_) throw Error("open", what_, "PipeWire does not answer");
}

void PipewireConnection::found(uint32_t id, const char* type, const spa_dict* properties) {
  if (properties == nullptr) return;
  const auto property = [&](const char* key) { return text(spa_dict_lookup(properties, key)); };
  // a client comes before its nodes
  if (std::string_view(type) == PW_TYPE_INTERFACE_Client &&
      property(PW_KEY_SEC_PID) == fmt::format("{}", ::getpid())) {
    own_clients_.insert(fmt::format("{}", id));
  }
  if (std::string_view(type) != PW_TYPE_INTERFACE_Node) return;
  const std::string kind = property(PW_KEY_MEDIA_CLASS);
  if (kind != "Video/Source" && kind != "Stream/Output/Video") return;
  const std::string name = property(PW_KEY_NODE_NAME), description = property(PW_KEY_NODE_DESCRIPTION);
  nodes_[id] = {property(PW_KEY_OBJECT_SERIAL), name, description.empty() ? name : description,
                own_clients_.count(property(PW_KEY_CLIENT_ID)) > 0};
  wake();
}

void PipewireConnection::wait(double seconds) const {
  timespec until = {};
  pw_thread_loop_get_time(loop_.get(), &until, static_cast<int64_t>(seconds * SPA_NSEC_PER_SEC));
  pw_thread_loop_timed_wait_full(loop_.get(), &until);
}

std::vector<PipewireNode> list_pipewire_nodes() {
  const PipewireConnection connection("pipewire:");
  const PipewireConnection::Lock lock(connection);
  std::vector<PipewireNode> nodes;
  for (const auto& [id, node] : connection.nodes()) {
    if (!node.own) nodes.push_back(node);
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const PipewireNode& a, const PipewireNode& b) { return a.name < b.name; });
  return nodes;
}

PipewireStream::PipewireStream(PipewireConnection& connection, pw_properties* properties)
    : connection_(&connection) {
  const PipewireConnection::Lock lock(connection);
  stream_ = pw_stream_new(connection.core(), "pictures", properties);
  if (stream_ == nullptr) throw Error("open", connection.what(), "PipeWire gives it no stream");
}

PipewireStream::~PipewireStream() {
  end();
}

void PipewireStream::end() {
  const PipewireConnection::Lock lock(*connection_);
  if (stream_ != nullptr) pw_stream_destroy(stream_);
  stream_ = nullptr;
}

void PipewireStream::connect(pw_direction direction, uint32_t flags, std::span<const PipewireFormat> formats,
                             const spa_rectangle& size, const spa_fraction& rate, bool fixed,
                             uint32_t target) {
  static const pw_stream_events kEvents = [] {
    pw_stream_events e = {};
    e.version = PW_VERSION_STREAM_EVENTS;
    e.state_changed = [](void* self, pw_stream_state /*old*/, pw_stream_state now, const char* error) {
      auto& s = *static_cast<PipewireStream*>(self);
      s.state_ = now;
      if (now == PW_STREAM_STATE_ERROR) s.failure_ = error == nullptr ? "it failed" : error;
      s.connection_->wake();
    };
    e.param_changed = [](void* self, uint32_t id, const spa_pod* parameter) {
      if (id == SPA_PARAM_Format && parameter != nullptr)
        static_cast<PipewireStream*>(self)->agree(parameter);
    };
    e.process = [](void* self) {
      try {
        static_cast<PipewireStream*>(self)->process();
      } catch (const std::exception&) {
        // no memory for this picture: the next one may have it; nothing may pass through C
      }
    };
    return e;
  }();
  direction_ = direction;
  formats_ = formats;
  pw_stream_add_listener(stream_, &hook_, &kEvents, this);

  std::array<uint8_t, 4096> room{};
  spa_pod_builder builder = SPA_POD_BUILDER_INIT(room.data(), static_cast<uint32_t>(room.size()));
  std::vector<const spa_pod*> offers;
  for (const PipewireFormat& f : formats) {
    spa_pod_frame frame = {};
    spa_pod_builder_push_object(&builder, &frame, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat);
    spa_pod_builder_add(&builder, SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video),
                        SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw), SPA_FORMAT_VIDEO_format,
                        SPA_POD_Id(f.spa), 0);
    const spa_fraction slowest = {0, 1}, fastest = {static_cast<uint32_t>(kHighestFps), 1};
    if (fixed) {
      spa_pod_builder_add(&builder, SPA_FORMAT_VIDEO_size, SPA_POD_Rectangle(&size),
                          SPA_FORMAT_VIDEO_framerate, SPA_POD_Fraction(&rate), 0);
    } else {
      const spa_rectangle least = {1, 1}, most = {kLargestSide, kLargestSide};
      spa_pod_builder_add(&builder, SPA_FORMAT_VIDEO_size,
                          SPA_POD_CHOICE_RANGE_Rectangle(&size, &least, &most), SPA_FORMAT_VIDEO_framerate,
                          SPA_POD_CHOICE_RANGE_Fraction(&rate, &slowest, &fastest), 0);
    }
    offers.push_back(static_cast<const spa_pod*>(spa_pod_builder_pop(&builder, &frame)));
  }
  const int code = pw_stream_connect(stream_, direction, target, static_cast<pw_stream_flags>(flags),
                                     offers.data(), static_cast<uint32_t>(offers.size()));
  if (code < 0) throw Error("open", connection_->what(), "PipeWire refuses it: " + reason(code));
}

// The other side's choice among the formats, and then how much room a picture of it takes.
void PipewireStream::agree(const spa_pod* format) {
  spa_video_info info = {};
  if (spa_format_parse(format, &info.media_type, &info.media_subtype) < 0 ||
      info.media_type != SPA_MEDIA_TYPE_video || info.media_subtype != SPA_MEDIA_SUBTYPE_raw ||
      spa_format_video_raw_parse(format, &info.info.raw) < 0) {
    return;
  }
  agreed_ = info.info.raw;
  const auto known = std::find_if(formats_.begin(), formats_.end(),
                                  [&](const PipewireFormat& f) { return f.spa == agreed_.format; });
  const bool fits = agreed_.size.width >= 1 && agreed_.size.height >= 1 &&
                    agreed_.size.width <= kLargestSide && agreed_.size.height <= kLargestSide;
  if (known == formats_.end() || !fits) {
    pw_stream_set_error(stream_, -EINVAL, "it chose a format that was not offered");
    return;
  }
  format_ = known->ffmpeg;

  std::array<uint8_t, 1024> room{};
  spa_pod_builder builder = SPA_POD_BUILDER_INIT(room.data(), static_cast<uint32_t>(room.size()));
  spa_pod_frame frame = {};
  spa_pod_builder_push_object(&builder, &frame, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers);
  spa_pod_builder_add(&builder, SPA_PARAM_BUFFERS_buffers, SPA_POD_CHOICE_RANGE_Int(4, 2, 16),
                      SPA_PARAM_BUFFERS_dataType,
                      SPA_POD_CHOICE_FLAGS_Int((1 << SPA_DATA_MemPtr) | (1 << SPA_DATA_MemFd)), 0);
  if (direction_ == PW_DIRECTION_OUTPUT) {
    const auto width = static_cast<int>(agreed_.size.width), height = static_cast<int>(agreed_.size.height);
    spa_pod_builder_add(&builder, SPA_PARAM_BUFFERS_blocks, SPA_POD_Int(1), SPA_PARAM_BUFFERS_size,
                        SPA_POD_Int(av_image_get_buffer_size(format_, width, height, 1)),
                        SPA_PARAM_BUFFERS_stride, SPA_POD_Int(av_image_get_linesize(format_, width, 0)), 0);
  }
  std::array<const spa_pod*, 3> parameters = {
      static_cast<const spa_pod*>(spa_pod_builder_pop(&builder, &frame)),
      static_cast<const spa_pod*>(spa_pod_builder_add_object(
          &builder, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta, SPA_PARAM_META_type,
          SPA_POD_Id(SPA_META_Header), SPA_PARAM_META_size, SPA_POD_Int(sizeof(spa_meta_header)))),
      static_cast<const spa_pod*>(spa_pod_builder_add_object(
          &builder, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta, SPA_PARAM_META_type,
          SPA_POD_Id(SPA_META_VideoCrop), SPA_PARAM_META_size, SPA_POD_Int(sizeof(spa_meta_region))))};
  const uint32_t count = direction_ == PW_DIRECTION_OUTPUT ? 2 : 3;
  pw_stream_update_params(stream_, parameters.data(), count);
  connection_->wake();
}

}  // namespace reverie::ffmpeg
