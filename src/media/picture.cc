#include "media/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/picture_note.h"
#include "core/text.h"
#include "media/encoder.h"
#include "media/sources.h"

namespace reverie {
namespace {

std::string ending_of(const std::filesystem::path& path) {
  return lower(path.extension().string());
}

ffmpeg::EncoderOptions encoder_for(const std::filesystem::path& path, const Planes& picture) {
  const std::string ending = ending_of(path);
  ffmpeg::EncoderOptions options;
  options.size = {picture.width(), picture.height()};
  if (ending == ".png") {
    options.name = "png";
    options.format = AV_PIX_FMT_RGB24;
  } else if (ending == ".jpg" || ending == ".jpeg") {
    options.name = "mjpeg";
    options.format = AV_PIX_FMT_YUVJ444P;
  } else {
    throw Error("write", path.string(), "pictures must be .png or .jpg");
  }
  return options;
}

FilledPicture decode(ffmpeg::Input input, bool fill = false) {
  const ffmpeg::Still still = ffmpeg::decode_first(input);
  const ffmpeg::Size size = ffmpeg::shown_size({still.frame->width, still.frame->height}, still.look);
  ffmpeg::check_size(size, input.name());
  ffmpeg::FrameToPlanes convert(size, Fit::kStretch, input.name());
  if (fill) convert.fill_transparent();
  FilledPicture made;
  convert.convert(*still.frame, still.look, made.picture);
  made.filled = convert.filled();
  return made;
}

}  // namespace

bool is_picture_name(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 17> kEndings = {".png",  ".jpg", ".jpeg", ".bmp",  ".tif", ".tiff",
                                                         ".webp", ".ppm", ".pgm",  ".pnm",  ".pbm", ".pfm",
                                                         ".tga",  ".exr", ".hdr",  ".avif", ".jxl"};
  return std::find(kEndings.begin(), kEndings.end(), ending_of(path)) != kEndings.end();
}

Planes read_picture(const std::filesystem::path& path) {
  return decode(ffmpeg::Input::open(path.string())).picture;
}

Planes parse_picture(std::span<const uint8_t> bytes, const std::string& name) {
  return decode(ffmpeg::Input::open_memory(bytes, name)).picture;
}

FilledPicture parse_filled_picture(std::span<const uint8_t> bytes, const std::string& name) {
  return decode(ffmpeg::Input::open_memory(bytes, name), true);
}

namespace {

std::vector<uint8_t> encoded(const std::filesystem::path& path, const Planes& picture) {
  ffmpeg::prepare();
  const ffmpeg::EncoderOptions options = encoder_for(path, picture);
  ffmpeg::check_size(options.size, path.string());
  ffmpeg::VideoEncoder encoder(options, path.string());
  if (picture.channels() == 1) {
    Planes grey(3, picture.height(), picture.width());
    for (int c = 0; c < 3; ++c) std::copy_n(picture.plane(0), picture.plane_size(), grey.plane(c));
    encoder.write(grey);
  } else {
    encoder.write(picture);
  }
  encoder.finish();
  const ffmpeg::PacketPtr packet = ffmpeg::new_packet();
  if (!encoder.read(*packet)) throw Error("write", path.string(), "the encoder produced nothing");
  return {packet->data, packet->data + packet->size};
}

}  // namespace

void write_picture(const std::filesystem::path& path, const Planes& picture, std::string_view note) {
  std::vector<uint8_t> bytes = encoded(path, picture);
  if (!note.empty()) bytes = with_note(std::move(bytes), note);
  write_file(path, bytes);
}

std::vector<uint8_t> jpeg_of(const Planes& picture) {
  return encoded("picture.jpg", picture);
}

}  // namespace reverie
