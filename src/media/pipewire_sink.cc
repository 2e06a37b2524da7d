// A camera for other programs.
#include <fmt/format.h>

#include <array>
#include <map>

#include "core/error.h"
#include "media/convert.h"
#include "media/pipewire_connection.h"

namespace reverie::ffmpeg {
namespace {

// What mixers and recorders like best, and what browsers take.
constexpr std::array kFormats = {PipewireFormat{SPA_VIDEO_FORMAT_BGRx, AV_PIX_FMT_BGR0},
                                 PipewireFormat{SPA_VIDEO_FORMAT_I420, AV_PIX_FMT_YUV420P}};

pw_properties* properties_of(const std::string& name) {
  // browsers list as cameras only what has this class and role
  return pw_properties_new(PW_KEY_MEDIA_CLASS, "Video/Source", PW_KEY_MEDIA_ROLE, "Camera", PW_KEY_NODE_NAME,
                           name.c_str(), PW_KEY_NODE_DESCRIPTION, name.c_str(), PW_KEY_MEDIA_NAME,
                           name.c_str(), nullptr);
}

std::string name_of(const std::string& name) {
  return name.empty() ? "reverie" : name;
}

class PipewireSink final : public Sink {
 public:
  PipewireSink(const std::string& name, const SinkOptions& options)
      : options_(options), connection_("pipewire:" + name), node_(connection_, name_of(name), options) {}

  void write(const Planes& picture) override {
    const AVPixelFormat format = node_.wanted();
    if (format == AV_PIX_FMT_NONE) return;  // nobody watches
    auto [at, fresh] = converters_.try_emplace(format, Size{options_.width, options_.height}, format, false);
    node_.show(at->second.convert(picture));
  }
  void finish() override {}
  std::string description() const override {
    return fmt::format("{}: a camera for other programs, {}x{} at {:.4g} fps", connection_.what(),
                       options_.width, options_.height, options_.fps);
  }

 private:
  class Node final : public PipewireStream {
   public:
    Node(PipewireConnection& connection, const std::string& name, const SinkOptions& options)
        : PipewireStream(connection, properties_of(name)) {
      const bool even = options.width % 2 == 0 && options.height % 2 == 0;
      const AVRational rate = to_rational(options.fps);
      const PipewireConnection::Lock lock(connection);
      // it leads the graph: a picture passes as soon as it is there
      connect(PW_DIRECTION_OUTPUT, PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_MAP_BUFFERS,
              std::span(kFormats).first(even ? 2 : 1),
              {static_cast<uint32_t>(options.width), static_cast<uint32_t>(options.height)},
              {static_cast<uint32_t>(rate.num), static_cast<uint32_t>(rate.den)}, true);
    }

    ~Node() override { end(); }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    AVPixelFormat wanted() const {
      const PipewireConnection::Lock lock(connection());
      if (connection().lost()) throw Error("write", connection().what(), "PipeWire is gone");
      if (!failure().empty()) throw Error("write", connection().what(), failure());
      return state() == PW_STREAM_STATE_STREAMING ? format() : AV_PIX_FMT_NONE;
    }

    void show(FramePtr frame) {
      const PipewireConnection::Lock lock(connection());
      frame_ = std::move(frame);
      // before that a picture would wait for the next, and each one after it
      if (pw_stream_is_driving(stream())) pw_stream_trigger_process(stream());
    }

   private:
    void process() override {
      if (!frame_ || frame_->format != format()) return;
      pw_buffer* buffer = pw_stream_dequeue_buffer(stream());
      if (buffer == nullptr) return;  // its readers still have them all
      spa_data& data = buffer->buffer->datas[0];
      const auto wide = static_cast<int32_t>(frame_->width), high = static_cast<int32_t>(frame_->height);
      const int size =
          data.data == nullptr
              ? -1
              : av_image_copy_to_buffer(static_cast<uint8_t*>(data.data),
                                        static_cast<int>(std::min<uint32_t>(data.maxsize, INT32_MAX)),
                                        frame_->data, frame_->linesize, format(), wide, high, 1);
      data.chunk->offset = 0;
      data.chunk->size = size < 0 ? 0 : static_cast<uint32_t>(size);
      data.chunk->stride = av_image_get_linesize(format(), wide, 0);
      data.chunk->flags = size < 0 ? SPA_CHUNK_FLAG_CORRUPTED : SPA_CHUNK_FLAG_NONE;
      if (auto* header = static_cast<spa_meta_header*>(
              spa_buffer_find_meta_data(buffer->buffer, SPA_META_Header, sizeof(spa_meta_header)))) {
        timespec now = {};
        clock_gettime(CLOCK_MONOTONIC, &now);
        *header = {
            .flags = 0, .offset = 0, .pts = SPA_TIMESPEC_TO_NSEC(&now), .dts_offset = 0, .seq = count_++};
      }
      pw_stream_queue_buffer(stream(), buffer);
    }

    FramePtr frame_;
    uint64_t count_ = 0;
  };

  SinkOptions options_;
  PipewireConnection connection_;
  Node node_;
  std::map<AVPixelFormat, PlanesToFrame> converters_;
};

}  // namespace

std::unique_ptr<Sink> open_pipewire_sink(const std::string& name, const SinkOptions& options) {
  return std::make_unique<PipewireSink>(name, options);
}

}  // namespace reverie::ffmpeg
