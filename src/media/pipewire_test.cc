#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "media/pipewire_connection.h"
#include "media/pipewire_testing.h"

namespace reverie::ffmpeg {
namespace {

// Gives one picture in one format, whatever is wrong with it.
class Giver : public PipewireStream {
 public:
  Giver(PipewireConnection& connection, const PipewireFormat& format, int width, int height)
      : PipewireStream(connection, pw_properties_new(PW_KEY_MEDIA_CLASS, "Video/Source", PW_KEY_NODE_NAME,
                                                     "giver", nullptr)),
        format_({format}),
        frame_(new_frame()) {
    frame_->format = format.ffmpeg;
    frame_->width = width;
    frame_->height = height;
    check(av_frame_get_buffer(frame_.get(), 1), "make", "a picture");
    const PipewireConnection::Lock lock(connection);
    connect(PW_DIRECTION_OUTPUT, PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_MAP_BUFFERS, format_,
            {static_cast<uint32_t>(width), static_cast<uint32_t>(height)}, {30, 1}, true);
  }
  // Once its picture is made.
  void begin() {
    thread_ = std::thread([this] {
      while (!over_) {
        {
          const PipewireConnection::Lock held(this->connection());
          if (pw_stream_is_driving(stream())) pw_stream_trigger_process(stream());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
  }
  ~Giver() override {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    end();
  }
  Giver(const Giver&) = delete;
  Giver& operator=(const Giver&) = delete;

  AVFrame& frame() { return *frame_; }
  std::function<void(spa_buffer&)> spoil;  // what it does to each buffer

 private:
  void process() override {
    pw_buffer* buffer = pw_stream_dequeue_buffer(stream());
    if (buffer == nullptr) return;
    spa_data& data = buffer->buffer->datas[0];
    const int size =
        av_image_copy_to_buffer(static_cast<uint8_t*>(data.data), static_cast<int>(data.maxsize),
                                frame_->data, frame_->linesize, format(), frame_->width, frame_->height, 1);
    *data.chunk = {0, static_cast<uint32_t>(size), av_image_get_linesize(format(), frame_->width, 0), 0};
    if (spoil) spoil(*buffer->buffer);
    pw_stream_queue_buffer(stream(), buffer);
  }

  std::array<PipewireFormat, 1> format_;
  FramePtr frame_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

using Pipewire = PipewireTest;

TEST_F(Pipewire, PicturesOfASinkReachASourceWithinTwoFrames) {
  Player player("pipewire:there");
  const Linker linker("there");
  const std::unique_ptr<Source> source = open_source("pipewire:there");
  EXPECT_EQ(source->info().width, 64);
  EXPECT_EQ(source->info().height, 48);
  EXPECT_TRUE(source->info().live);
  EXPECT_DOUBLE_EQ(source->info().fps, 30);
  std::vector<double> late;
  Planes picture;
  for (int n = 0; n < 40; ++n) {
    ASSERT_TRUE(source->read(picture));
    const Clock::time_point now = Clock::now();
    const auto grey = static_cast<int>(std::lround(picture.row(0, 0)[0] * 255));
    EXPECT_NEAR(picture.row(2, 47)[63], static_cast<float>(grey) / 255, 1e-3);
    if (n > 5) late.push_back(std::chrono::duration<double>(now - player.when(grey)).count());
  }
  std::nth_element(late.begin(), late.begin() + 17, late.end());
  std::printf("median latency %.1f ms\n", late[17] * 1e3);
  EXPECT_LT(late[17], 2.0 / 30);
}

TEST_F(Pipewire, EachFormatHasItsColours) {
  struct Case {
    PipewireFormat format;
    std::array<std::vector<uint8_t>, 3> planes;  // repeated over each
    std::array<int, 3> rgb;
  };
  const std::vector<Case> cases = {
      {{SPA_VIDEO_FORMAT_BGRx, AV_PIX_FMT_BGR0}, {{{50, 100, 200, 7}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_RGBx, AV_PIX_FMT_RGB0}, {{{200, 100, 50, 7}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_xRGB, AV_PIX_FMT_0RGB}, {{{7, 200, 100, 50}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_xBGR, AV_PIX_FMT_0BGR}, {{{7, 50, 100, 200}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_BGRA, AV_PIX_FMT_BGRA}, {{{50, 100, 200, 255}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_RGBA, AV_PIX_FMT_RGBA}, {{{200, 100, 50, 255}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_RGB, AV_PIX_FMT_RGB24}, {{{200, 100, 50}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_BGR, AV_PIX_FMT_BGR24}, {{{50, 100, 200}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_GRAY8, AV_PIX_FMT_GRAY8}, {{{77}}}, {77, 77, 77}},
      // (200, 100, 50) by BT.601 in limited range
      {{SPA_VIDEO_FORMAT_I420, AV_PIX_FMT_YUV420P}, {{{123}, {91}, {176}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_NV12, AV_PIX_FMT_NV12}, {{{123}, {91, 176}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_YUY2, AV_PIX_FMT_YUYV422}, {{{123, 91, 123, 176}}}, {200, 100, 50}},
      {{SPA_VIDEO_FORMAT_UYVY, AV_PIX_FMT_UYVY422}, {{{91, 123, 176, 123}}}, {200, 100, 50}},
  };
  for (const Case& c : cases) {
    PipewireConnection connection("pipewire:giver");
    Giver giver(connection, c.format, 32, 16);
    for (size_t p = 0; p < 3 && !c.planes[p].empty(); ++p) {
      const AVBufferRef* last = giver.frame().buf[p] != nullptr ? giver.frame().buf[p] : giver.frame().buf[0];
      uint8_t* at = giver.frame().data[p];
      const size_t rows = p > 0 ? 8 : 16;
      ASSERT_LE(at + static_cast<size_t>(giver.frame().linesize[p]) * rows, last->data + last->size);
      for (size_t y = 0; y < rows; ++y) {
        for (size_t x = 0; x < static_cast<size_t>(giver.frame().linesize[p]); ++x)
          at[y * static_cast<size_t>(giver.frame().linesize[p]) + x] = c.planes[p][x % c.planes[p].size()];
      }
    }
    giver.begin();
    const Linker linker("giver");
    const std::unique_ptr<Source> source = open_source("pipewire:giver");
    Planes picture;
    ASSERT_TRUE(source->read(picture)) << av_get_pix_fmt_name(c.format.ffmpeg);
    for (int channel = 0; channel < 3; ++channel) {
      EXPECT_NEAR(picture.row(channel, 9)[20] * 255, c.rgb[static_cast<size_t>(channel)], 2)
          << av_get_pix_fmt_name(c.format.ffmpeg) << " " << channel;
    }
  }
}

TEST_F(Pipewire, DamagedBuffersAreNoPictures) {
  PipewireConnection connection("pipewire:giver");
  // PipeWire 0.3.65 maps buffers that lie within two pages over one another
  Giver giver(connection, {SPA_VIDEO_FORMAT_BGRx, AV_PIX_FMT_BGR0}, 64, 48);
  std::fill_n(giver.frame().data[0], 64 * 48 * 4, uint8_t{255});
  std::atomic<int> kind = 0;
  giver.spoil = [&](spa_buffer& b) {
    spa_chunk& chunk = *b.datas[0].chunk;
    switch (kind++ % 6) {
      case 0:
        chunk.stride = 1 << 30;
        break;
      case 1:
        chunk.stride = 3;
        break;
      case 2:
        chunk.offset = b.datas[0].maxsize - 4;
        break;
      case 3:
        chunk.offset = UINT32_MAX;
        break;
      case 4:
        chunk.flags = SPA_CHUNK_FLAG_CORRUPTED;
        break;
      default:
        break;  // a good one
    }
  };
  giver.begin();
  const Linker linker("giver");
  const std::unique_ptr<Source> source = open_source("pipewire:giver");
  Planes picture;
  while (kind < 40) {
    ASSERT_TRUE(source->read(picture));
    for (const float v : picture.data()) ASSERT_EQ(v, 1.0F);
  }
}

TEST_F(Pipewire, BrowsersAreGivenI420) {
  Player player("pipewire:there");
  PipewireConnection connection("pipewire:there");
  class Reader final : public PipewireStream {
   public:
    explicit Reader(PipewireConnection& c)
        : PipewireStream(c, pw_properties_new(PW_KEY_MEDIA_TYPE, "Video", PW_KEY_MEDIA_CATEGORY, "Capture",
                                              PW_KEY_NODE_NAME, "browser", nullptr)) {
      const PipewireConnection::Lock lock(c);
      connect(PW_DIRECTION_INPUT, PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS, formats_, {64, 48},
              {30, 1}, false);
    }
    ~Reader() override { end(); }
    int pictures = 0;

   private:
    void process() override {
      pw_buffer* buffer = pw_stream_dequeue_buffer(stream());
      if (buffer == nullptr) return;
      const spa_data& data = buffer->buffer->datas[0];
      EXPECT_EQ(data.chunk->size, 64U * 48 * 3 / 2);
      EXPECT_EQ(data.chunk->stride, 64);
      // grey: its chroma is neutral
      EXPECT_EQ(static_cast<const uint8_t*>(data.data)[64 * 48 + 5], 128);
      ++pictures;
      pw_stream_queue_buffer(stream(), buffer);
      connection().wake();
    }
    std::array<PipewireFormat, 1> formats_ = {PipewireFormat{SPA_VIDEO_FORMAT_I420, AV_PIX_FMT_YUV420P}};
  };
  Reader reader(connection);
  const Linker linker("there", "browser");
  const PipewireConnection::Lock lock(connection);
  for (int i = 0; i < 100 && reader.pictures < 5; ++i) connection.wait(0.1);
  EXPECT_GE(reader.pictures, 5);
}

TEST_F(Pipewire, WhatGoesAwayEndsTheSource) {
  Player player("pipewire:there");
  const Linker linker("there");
  const std::unique_ptr<Source> source = open_source("pipewire:there");
  Planes picture;
  ASSERT_TRUE(source->read(picture));
  player.close();
  const Clock::time_point begin = Clock::now();
  while (source->read(picture) && Clock::now() - begin < std::chrono::seconds(10)) {
  }
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(Pipewire, ADaemonThatDiesIsSaid) {
  Player player("pipewire:there");
  const Linker linker("there");
  const std::unique_ptr<Source> source = open_source("pipewire:there");
  Planes picture;
  ASSERT_TRUE(source->read(picture));
  daemon_->stop();
  for (int i = 0; i < 100 && source->read(picture); ++i) {
  }
  EXPECT_FALSE(source->read(picture));
  for (int i = 0; i < 100 && player.failure().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(player.failure().find("PipeWire is gone"), std::string::npos) << player.failure();
  EXPECT_NE(message_of([] { open_source("pipewire:"); }).find("PipeWire does not run here"),
            std::string::npos);
}

TEST_F(Pipewire, OurOwnCameraIsTakenOnlyByItsName) {
  EXPECT_NE(message_of([] { open_source("pipewire:"); }).find("nothing gives pictures"), std::string::npos);
  const Player player("pipewire:mine");
  const std::string any = message_of([] { open_source("pipewire:"); });
  EXPECT_NE(any.find("nothing gives pictures"), std::string::npos) << any;
  EXPECT_TRUE(list_pipewire_nodes().empty());
  const std::string unlinked = message_of([] { open_source("pipewire:mine"); });
  EXPECT_NE(unlinked.find("it gave no picture in 5 s"), std::string::npos) << unlinked;
}

}  // namespace
}  // namespace reverie::ffmpeg
