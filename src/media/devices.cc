#include "media/devices.h"

#include <array>
#include <memory>

#include "core/error.h"
#include "media/camera.h"
#include "media/ffmpeg.h"
#include "media/pipewire.h"

extern "C" {
#include <libavdevice/avdevice.h>
}

namespace reverie {

namespace {

std::vector<CameraInfo> list_own_cameras() {
  ffmpeg::prepare();
  std::vector<CameraInfo> cameras;
  const AVInputFormat* format = av_find_input_format(ffmpeg::camera_format());
  AVDeviceInfoList* list = nullptr;
  if (format == nullptr || avdevice_list_input_sources(format, nullptr, nullptr, &list) < 0 ||
      list == nullptr) {
    return cameras;
  }
  const std::unique_ptr<AVDeviceInfoList, ffmpeg::FreeAt<avdevice_free_list_devices>> owner(list);
  for (int i = 0; i < list->nb_devices; ++i) {
    const AVDeviceInfo& d = *list->devices[i];
    cameras.push_back({std::string("camera:") + d.device_name, d.device_description});
  }
  return cameras;
}

std::vector<CameraInfo> list_pipewire_cameras() {
  std::vector<CameraInfo> cameras;
  try {
    for (const ffmpeg::PipewireNode& n : ffmpeg::list_pipewire_nodes()) {
      const bool listed = n.name.starts_with("v4l2_");  // as a camera of its own
      if (!listed) cameras.push_back({"pipewire:" + n.name, n.description});
    }
  } catch (const Error&) {
    // it does not run here
  }
  return cameras;
}

}  // namespace

std::vector<CameraInfo> list_cameras() {
  std::vector<CameraInfo> cameras = list_own_cameras();
  for (CameraInfo& c : list_pipewire_cameras()) cameras.push_back(std::move(c));
  return cameras;
}

std::vector<EncoderInfo> list_encoders() {
  ffmpeg::prepare();
  std::vector<EncoderInfo> encoders = {
      {"libx264", "H.264 in mp4, mov, m4v and streams"},
      {"libvpx-vp9", "VP9 in webm"},
      {"ffv1", "lossless in mkv"},
      {"gif", "GIF"},
      {"png", "PNG"},
      {"mjpeg", "JPEG"},
      {"aac", "sound in mp4, mov, m4v and streams"},
      {"libopus", "sound in webm"},
      {"flac", "sound in mkv"},
  };
  for (EncoderInfo& e : encoders) e.available = avcodec_find_encoder_by_name(e.name.c_str()) != nullptr;
  return encoders;
}

}  // namespace reverie
