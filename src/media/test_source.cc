// test:NAME, FFmpeg's video generators.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/devices.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

// These have no inputs either, but need something from outside.
const std::set<std::string_view> kNoGenerators = {"buffer",  "movie",        "frei0r_src", "openclsrc",
                                                  "ddagrab", "coreimagesrc", "nullsrc",    "zmq"};

bool is_generator(const AVFilter& f) {
#ifdef AVFILTER_FLAG_HWDEVICE  // newer FFmpeg: color_vulkan and others that want a device
  if ((f.flags & AVFILTER_FLAG_HWDEVICE) != 0) return false;
#endif
  return (f.flags & AVFILTER_FLAG_DYNAMIC_INPUTS) == 0 && (f.flags & AVFILTER_FLAG_DYNAMIC_OUTPUTS) == 0 &&
         avfilter_filter_pad_count(&f, 0) == 0 && avfilter_filter_pad_count(&f, 1) == 1 &&
         avfilter_pad_get_type(f.outputs, 0) == AVMEDIA_TYPE_VIDEO && kNoGenerators.count(f.name) == 0;
}

// ":size=512x512" if the generator has this option.
std::string option(const AVFilter& f, const char* name, const std::string& value) {
  const AVClass* options = f.priv_class;
  if (options == nullptr ||
      av_opt_find(static_cast<void*>(&options), name, nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) == nullptr) {
    return "";
  }
  return fmt::format("{}={}:", name, value);
}

class TestSource final : public Source {
 public:
  TestSource(const AVFilter& generator, const SourceOptions& options)
      : name_(std::string("test:") + generator.name) {
    constexpr int kSide = 512;
    constexpr double kRate = 30;
    info_.fps = options.fps > 0 ? options.fps : kRate;
    const Size wish = wanted_size(options, {kSide, kSide}, name_);
    const AVRational rate = to_rational(info_.fps);
    std::string settings = option(generator, "size", fmt::format("{}x{}", wish.width, wish.height)) +
                           option(generator, "rate", fmt::format("{}/{}", rate.num, rate.den)) +
                           option(generator, "seed", "1") + option(generator, "random_seed", "1") +
                           option(generator, "random_mode", "seed") +  // perlin: random by default
                           option(generator, "c0", "0x1b2a6b") +
                           option(generator, "c1", "0xf2b134");  // random by default
    if (!settings.empty()) settings.pop_back();
    graph_ = make_graph(fmt::format("{}@in={} [a]; [a] buffersink@out", generator.name, settings), name_);
    out_ = graph_node(graph_, "buffersink@out");
    const Size own = {av_buffersink_get_w(out_), av_buffersink_get_h(out_)};
    const Size size = options.width + options.height > 0 ? wish : wanted_size(options, own, name_);
    convert_.emplace(size, options.fit, name_);
    info_.width = size.width;
    info_.height = size.height;
    info_.description =
        fmt::format("{}: a test picture, {}x{} at {:.4g} fps", name_, size.width, size.height, info_.fps);
    set_length(info_, options, std::nullopt, true);
    left_ = info_.frames;
    for (int64_t skip = std::llround(options.start * info_.fps); skip > 0 && !stop_requested() && pull();
         --skip) {
    }
  }

  const SourceInfo& info() const override { return info_; }

  bool read(Planes& out) override {
    if ((left_ && (*left_)-- <= 0) || !pull()) return false;
    Look look;
    if (frame_->sample_aspect_ratio.num > 0) look.pixel_aspect = frame_->sample_aspect_ratio;
    convert_->convert(*frame_, look, out);
    return true;
  }

 private:
  bool pull() {
    av_frame_unref(frame_.get());
    const int code = av_buffersink_get_frame(out_, frame_.get());
    if (code == AVERROR_EOF) return false;
    check(code, "make", name_);
    return true;
  }

  std::string name_;
  SourceInfo info_;
  GraphPtr graph_;
  AVFilterContext* out_ = nullptr;
  FramePtr frame_ = new_frame();
  std::optional<FrameToPlanes> convert_;
  std::optional<int64_t> left_;
};

}  // namespace

std::unique_ptr<Source> open_test_picture(const std::string& name, const SourceOptions& options) {
  prepare();
  const std::vector<std::string> names = list_test_pictures();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw Error("read", "test:" + name, "there is no such test picture" + did_you_mean(name, names),
                "there are " + join(names, " "));
  }
  return std::make_unique<TestSource>(*avfilter_get_by_name(name.c_str()), options);
}

}  // namespace reverie::ffmpeg

namespace reverie {

std::vector<std::string> list_test_pictures() {
  std::vector<std::string> names;
  void* at = nullptr;
  while (const AVFilter* f = av_filter_iterate(&at)) {
    if (ffmpeg::is_generator(*f)) names.emplace_back(f->name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace reverie
