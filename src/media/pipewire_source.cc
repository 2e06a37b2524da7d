// The pictures of a camera, a screen or another program.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "core/error.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/convert.h"
#include "media/pipewire_connection.h"
#include "media/screen_portal.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

constexpr std::array kFormats = {
    PipewireFormat{SPA_VIDEO_FORMAT_BGRx, AV_PIX_FMT_BGR0},
    PipewireFormat{SPA_VIDEO_FORMAT_RGBx, AV_PIX_FMT_RGB0},
    PipewireFormat{SPA_VIDEO_FORMAT_xRGB, AV_PIX_FMT_0RGB},
    PipewireFormat{SPA_VIDEO_FORMAT_xBGR, AV_PIX_FMT_0BGR},
    PipewireFormat{SPA_VIDEO_FORMAT_BGRA, AV_PIX_FMT_BGRA},
    PipewireFormat{SPA_VIDEO_FORMAT_RGBA, AV_PIX_FMT_RGBA},
    PipewireFormat{SPA_VIDEO_FORMAT_RGB, AV_PIX_FMT_RGB24},
    PipewireFormat{SPA_VIDEO_FORMAT_BGR, AV_PIX_FMT_BGR24},
    PipewireFormat{SPA_VIDEO_FORMAT_I420, AV_PIX_FMT_YUV420P},
    PipewireFormat{SPA_VIDEO_FORMAT_NV12, AV_PIX_FMT_NV12},
    PipewireFormat{SPA_VIDEO_FORMAT_YUY2, AV_PIX_FMT_YUYV422},
    PipewireFormat{SPA_VIDEO_FORMAT_UYVY, AV_PIX_FMT_UYVY422},
    PipewireFormat{SPA_VIDEO_FORMAT_GRAY8, AV_PIX_FMT_GRAY8},
};
constexpr double kFirstPicture = 5;  // seconds to wait for it
constexpr double kAppears = 0.5;     // seconds to wait for a node
constexpr double kStill = 0.5;       // seconds after which a screen on which nothing moves is shown again
constexpr double kUsualRate = 30;

bool is_called(const PipewireNode& node, const std::string& name) {
  return name == node.name || name == node.serial || lower(name) == lower(node.description);
}

pw_properties* properties_of(const std::string& target) {
  pw_properties* p =
      pw_properties_new(PW_KEY_MEDIA_TYPE, "Video", PW_KEY_MEDIA_CATEGORY, "Capture", PW_KEY_MEDIA_ROLE,
                        "Camera", PW_KEY_NODE_NAME, "reverie-input", nullptr);
  if (!target.empty()) pw_properties_set(p, PW_KEY_TARGET_OBJECT, target.c_str());
  return p;
}

// One picture out of PipeWire's buffer, of which nothing is believed; none if it is damaged.
FramePtr frame_of(const spa_buffer& buffer, AVPixelFormat format, const spa_video_info_raw& info) {
  FramePtr frame = new_frame();
  frame->format = format;
  frame->width = static_cast<int>(info.size.width);
  frame->height = static_cast<int>(info.size.height);
  std::array<uint8_t*, 4> planes{};
  std::array<int, 4> strides{};
  const spa_data& first = buffer.datas[0];
  if (buffer.n_datas == 0 || first.data == nullptr || (first.chunk->flags & SPA_CHUNK_FLAG_CORRUPTED) != 0 ||
      av_image_fill_linesizes(strides.data(), format, frame->width) < 0) {
    return nullptr;
  }
  const int tight = strides[0];
  const int stride = first.chunk->stride > 0 ? first.chunk->stride : tight;
  if (stride < tight) return nullptr;
  // the other planes' rows follow the first one's
  for (int& s : strides) s = static_cast<int>(static_cast<int64_t>(s) * stride / tight);
  const int planes_wanted = av_pix_fmt_count_planes(format);
  const bool apart = buffer.n_datas > 1;
  if (apart && buffer.n_datas < static_cast<uint32_t>(planes_wanted)) return nullptr;
  std::array<size_t, 4> sizes{};
  std::array<ptrdiff_t, 4> wide{};
  std::copy(strides.begin(), strides.end(), wide.begin());
  if (av_image_fill_plane_sizes(sizes.data(), format, frame->height, wide.data()) < 0) return nullptr;
  size_t at = 0;
  for (int p = 0; p < planes_wanted; ++p) {
    const spa_data& data = buffer.datas[apart ? p : 0];
    const size_t offset = data.chunk->offset + (apart ? 0 : at);
    if (data.data == nullptr || offset > data.maxsize ||
        data.maxsize - offset < sizes[static_cast<size_t>(p)])
      return nullptr;
    planes[static_cast<size_t>(p)] = static_cast<uint8_t*>(data.data) + offset;
    at += sizes[static_cast<size_t>(p)];
  }
  check(av_frame_get_buffer(frame.get(), 0), "read", "a picture of PipeWire");
  av_image_copy(frame->data, frame->linesize, const_cast<const uint8_t**>(planes.data()), strides.data(),
                format, frame->width, frame->height);
  if (info.color_range == SPA_VIDEO_COLOR_RANGE_0_255) frame->color_range = AVCOL_RANGE_JPEG;
  return frame;
}

// The part that is meant to be seen: a window's picture may lie in a larger one.
void crop(AVFrame& frame, const spa_buffer& buffer) {
  const auto* meta = static_cast<const spa_meta_region*>(
      spa_buffer_find_meta_data(&buffer, SPA_META_VideoCrop, sizeof(spa_meta_region)));
  if (meta == nullptr || !spa_meta_region_is_valid(meta)) return;
  const spa_region r = meta->region;  // shared memory, which may change
  const int64_t right = int64_t{frame.width} - r.position.x - r.size.width;
  const int64_t bottom = int64_t{frame.height} - r.position.y - r.size.height;
  if (r.position.x < 0 || r.position.y < 0 || right < 0 || bottom < 0) return;
  frame.crop_left = static_cast<size_t>(r.position.x);
  frame.crop_top = static_cast<size_t>(r.position.y);
  frame.crop_right = static_cast<size_t>(right);
  frame.crop_bottom = static_cast<size_t>(bottom);
  av_frame_apply_cropping(&frame, AV_FRAME_CROP_UNALIGNED);
}

class PipewireSource final : public Source {
 public:
  PipewireSource(const std::string& node, const SourceOptions& options)
      : connection_("pipewire:" + node), node_(connection_, find(node), options) {
    begin(options);
  }
  PipewireSource(std::unique_ptr<ScreenPortal> portal, const SourceOptions& options)
      : portal_(std::move(portal)),
        connection_("screen:", portal_->take_connection()),
        node_(connection_, {portal_->node(), {"", "", "the screen", false}}, options) {
    begin(options);
  }

  const SourceInfo& info() const override { return info_; }

  bool read(Planes& out) override {
    if (!skip()) return false;
    if (frame_) convert_->convert(*frame_, look_, picture_);
    frame_.reset();
    out = picture_;
    return true;
  }

  bool skip() override {
    if (limit_ && given_ >= *limit_) return false;
    if (given_ > 0) {
      bool goes_on = true;
      if (FramePtr next = node_.next(goes_on)) frame_ = std::move(next);
      if (!goes_on && portal_ && !stop_requested())
        throw SourceRefused("read", connection_.what(), "the desktop has stopped sharing it");
      if (!goes_on) return false;
    }
    ++given_;
    return true;
  }

 private:
  void begin(const SourceOptions& options) {
    FramePtr first = node_.first();
    const Size stored = {first->width, first->height};
    const Size size = wanted_size(options, shown_size(stored, look_), connection_.what());
    convert_.emplace(size, options.fit, connection_.what());
    info_.width = size.width;
    info_.height = size.height;
    const double own = node_.rate();
    info_.fps = options.fps > 0 ? options.fps : own;
    info_.live = true;
    info_.description = fmt::format("{}: {} {}x{} at {:.4g} fps in PipeWire", connection_.what(),
                                    node_.description(), stored.width, stored.height, own);
    limit_ = frame_limit(options, info_.fps);
    set_length(info_, options, std::nullopt, true);
    frame_ = std::move(first);
  }

  class Node final : public PipewireStream {
   public:
    Node(PipewireConnection& connection, const std::pair<uint32_t, PipewireNode>& target,
         const SourceOptions& options)
        : PipewireStream(connection, properties_of(target.second.serial)),
          target_(target.first),
          description_(target.second.description) {
      const AVRational rate = to_rational(options.fps > 0 ? options.fps : kUsualRate);
      const PipewireConnection::Lock lock(connection);
      connect(PW_DIRECTION_INPUT,
              PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_DONT_RECONNECT | PW_STREAM_FLAG_MAP_BUFFERS,
              kFormats,
              {static_cast<uint32_t>(options.width > 0 ? options.width : 1280),
               static_cast<uint32_t>(options.height > 0 ? options.height : 720)},
              {static_cast<uint32_t>(rate.num), static_cast<uint32_t>(rate.den)}, false, target_);
    }

    ~Node() override { end(); }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    FramePtr first() {
      bool goes_on = true;
      FramePtr frame = take(kFirstPicture, goes_on);
      if (frame) return frame;
      if (stop_requested()) throw Stopped();
      const PipewireConnection::Lock lock(connection());
      throw Error("read", connection().what(),
                  failure().empty() ? fmt::format("it gave no picture in {} s", kFirstPicture) : failure());
    }

    const std::string& description() const { return description_; }

    // None if nothing changed for a while; goes_on becomes false where no more will come.
    FramePtr next(bool& goes_on) { return take(kStill, goes_on); }

    double rate() const {
      const PipewireConnection::Lock lock(connection());
      const spa_fraction& f = agreed().framerate;
      return f.num > 0 && f.denom > 0 ? static_cast<double>(f.num) / f.denom : kUsualRate;
    }

   private:
    FramePtr take(double patience, bool& goes_on) {
      using Clock = std::chrono::steady_clock;
      const Clock::time_point end =
          Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(patience));
      const PipewireConnection::Lock lock(connection());
      while (!frame_) {
        goes_on = !connection().lost() && failure().empty() && connection().nodes().count(target_) > 0 &&
                  !stop_requested();
        if (!goes_on || Clock::now() >= end) return nullptr;
        connection().wait(0.1);
      }
      return std::move(frame_);
    }

    void process() override {
      pw_buffer* newest = nullptr;
      while (pw_buffer* buffer = pw_stream_dequeue_buffer(stream())) {
        if (newest != nullptr) pw_stream_queue_buffer(stream(), newest);
        newest = buffer;
      }
      if (newest == nullptr) return;
      if (FramePtr frame = frame_of(*newest->buffer, format(), agreed())) {
        crop(*frame, *newest->buffer);
        frame_ = std::move(frame);
        connection().wake();
      }
      pw_stream_queue_buffer(stream(), newest);
    }

    uint32_t target_;
    std::string description_;
    FramePtr frame_;
  };

  // What was just begun appears within a moment.
  std::pair<uint32_t, PipewireNode> find(const std::string& name) {
    const PipewireConnection::Lock lock(connection_);
    std::vector<std::string> names;
    for (int tries = 0; tries < 5 && !stop_requested(); ++tries) {
      names.clear();
      for (const auto& [id, node] : connection_.nodes()) {
        if (name.empty() ? !node.own : is_called(node, name)) return {id, node};
        if (!node.own) names.push_back(node.name);
      }
      connection_.wait(kAppears / 5);
    }
    throw Error("open", connection_.what(),
                names.empty() ? "nothing gives pictures" : "nothing has that name",
                names.empty() ? "" : "there are " + join(names, ", "));
  }

  std::unique_ptr<ScreenPortal> portal_;
  PipewireConnection connection_;
  Node node_;
  Look look_;
  SourceInfo info_;
  std::optional<FrameToPlanes> convert_;
  std::optional<int64_t> limit_;
  int64_t given_ = 0;
  FramePtr frame_;  // not yet in picture_
  Planes picture_;
};

}  // namespace

std::unique_ptr<Source> open_pipewire_source(const std::string& node, const SourceOptions& options) {
  return std::make_unique<PipewireSource>(node, options);
}

std::unique_ptr<Source> open_wayland_screen(const SourceOptions& options) {
  return std::make_unique<PipewireSource>(std::make_unique<ScreenPortal>(), options);
}

}  // namespace reverie::ffmpeg
