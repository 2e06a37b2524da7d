#include "media/kept_frames.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/little.h"

namespace reverie::ffmpeg {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr uint64_t kLargestFrame = 1U << 30U;

// What FFV1 stores the samples of a format as: those of yuvj differ in range alone.
AVPixelFormat stored_as(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUV444P:
      return format;
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    default:
      return AV_PIX_FMT_BGR0;
  }
}

EncoderOptions lossless(EncoderOptions options, AVPixelFormat stored) {
  options.name = "ffv1";
  options.format = stored;
  options.filter.clear();
  return options;
}

}  // namespace

KeptFrames::KeptFrames(std::filesystem::path file, const EncoderOptions& options, int64_t count)
    : path_(std::move(file)),
      options_(options),
      convert_(options.size, options.format, options.told),
      stored_(stored_as(options.format)),
      encoder_(lossless(options, stored_), path_.string()) {
  file_.reset(std::fopen(path_.c_str(), count > 0 ? "r+b" : "w+b"));
  if (!file_) throw Error("write", path_.string(), std::strerror(errno));
  if (count > 0) {
    go_on(count);
  } else {
    append(encoder_.context().extradata, static_cast<size_t>(encoder_.context().extradata_size));
  }
}

std::string KeptFrames::advice() const {
  return "delete " + path_.parent_path().string() + " to start again";
}

void KeptFrames::go_on(int64_t count) {
  const AVCodecContext& c = encoder_.context();
  const uint64_t bytes = std::filesystem::file_size(path_);
  std::array<uint8_t, kLengthBytes> length{};
  uint64_t end = 0;
  for (int64_t i = 0; i <= count; ++i) {
    const bool there = std::fseek(file_.get(), static_cast<long>(end), SEEK_SET) == 0 &&
                       std::fread(length.data(), 1, length.size(), file_.get()) == length.size();
    const uint64_t next = end + kLengthBytes + (there ? load_little<uint32_t>(length.data()) : 0);
    if (!there || next > bytes)
      throw Error("go on with", path_.string(),
                  fmt::format("only {} of its {} frames are there", std::max<int64_t>(i - 1, 0), count),
                  advice());
    if (i == 0) {
      std::vector<uint8_t> head(next - kLengthBytes);
      const bool same = std::fread(head.data(), 1, head.size(), file_.get()) == head.size() &&
                        head.size() == static_cast<size_t>(c.extradata_size) &&
                        std::equal(head.begin(), head.end(), c.extradata);
      if (!same) throw Error("go on with", path_.string(), "another FFmpeg began it", advice());
    }
    end = next;
  }
  std::filesystem::resize_file(path_, end);
  std::fseek(file_.get(), 0, SEEK_END);
}

void KeptFrames::append(const uint8_t* bytes, size_t size) {
  std::array<uint8_t, kLengthBytes> length{};
  store_little(length.data(), static_cast<uint32_t>(size));
  const bool written = std::fwrite(length.data(), 1, length.size(), file_.get()) == length.size() &&
                       std::fwrite(bytes, 1, size, file_.get()) == size;
  if (!written)
    throw Error("write", path_.string(), std::strerror(errno), errno == ENOSPC ? "free some space" : "");
}

void KeptFrames::write(const Planes& picture) {
  if (stored_ == AV_PIX_FMT_BGR0) {
    encoder_.write(picture);
  } else {
    FramePtr frame = convert_.convert(picture);
    frame->format = stored_;
    encoder_.write(std::move(frame));
  }
  while (encoder_.read(*packet_)) {
    append(packet_->data, static_cast<size_t>(packet_->size));
    av_packet_unref(packet_.get());
  }
}

void KeptFrames::sync() {
  if (std::fflush(file_.get()) != 0)
    throw Error("write", path_.string(), std::strerror(errno), errno == ENOSPC ? "free some space" : "");
  sync_file(path_);
}

// As PlanesToFrame made it.
FramePtr KeptFrames::as_taken(FramePtr frame) const {
  if (stored_ == AV_PIX_FMT_BGR0 && options_.format != AV_PIX_FMT_BGR0) {
    Planes picture(3, frame->height, frame->width);
    for (int y = 0; y < frame->height; ++y) {
      const uint8_t* from = frame->data[0] + static_cast<ptrdiff_t>(y) * frame->linesize[0];
      for (int x = 0; x < frame->width; ++x) {
        for (int c = 0; c < 3; ++c) picture.at(c, y, x) = static_cast<float>(from[4 * x + 2 - c]) / 255;
      }
    }
    return convert_.convert(picture);
  }
  // only the samples: what else a decoder tells an encoder would change its choices
  FramePtr taken = convert_.blank();
  frame->format = taken->format;
  check(av_frame_copy(taken.get(), frame.get()), "read", path_.string());
  return taken;
}

void KeptFrames::each(const std::function<void(FramePtr)>& work) {
  sync();
  const AVCodecContext& made = encoder_.context();
  const CodecPtr decoder(avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_FFV1)));
  if (!decoder) throw std::bad_alloc();
  decoder->width = made.width;
  decoder->height = made.height;
  decoder->thread_type = FF_THREAD_SLICE;  // threads by frames would hold frames back
  decoder->thread_count = made.thread_count;
  decoder->extradata = static_cast<uint8_t*>(
      av_mallocz(static_cast<size_t>(made.extradata_size) + AV_INPUT_BUFFER_PADDING_SIZE));
  if (decoder->extradata == nullptr) throw std::bad_alloc();
  decoder->extradata_size = made.extradata_size;
  std::copy_n(made.extradata, made.extradata_size, decoder->extradata);
  check(avcodec_open2(decoder.get(), decoder->codec, nullptr), "read", path_.string());
  std::rewind(file_.get());
  std::array<uint8_t, kLengthBytes> length{};
  for (bool head = true; std::fread(length.data(), 1, length.size(), file_.get()) == length.size();
       head = false) {
    const uint64_t size = load_little<uint32_t>(length.data());
    if (size > kLargestFrame) throw Error("read", path_.string(), "it is damaged", advice());
    const PacketPtr packet = new_packet();
    check(av_new_packet(packet.get(), static_cast<int>(size)), "read", path_.string());
    if (std::fread(packet->data, 1, size, file_.get()) != size)
      throw Error("read", path_.string(), "it is cut off", advice());
    if (head) continue;
    FramePtr frame = new_frame();
    check(avcodec_send_packet(decoder.get(), packet.get()), "read", path_.string(), advice());
    check(avcodec_receive_frame(decoder.get(), frame.get()), "read", path_.string(), advice());
    work(as_taken(std::move(frame)));
  }
  std::fseek(file_.get(), 0, SEEK_END);
}

}  // namespace reverie::ffmpeg
