// A connection to PipeWire and one stream of pictures over it.  Internal to media/.
#pragma once

#include <pipewire/pipewire.h>
#include <spa/param/video/format-utils.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "media/ffmpeg.h"
#include "media/pipewire.h"

namespace reverie::ffmpeg {

// libpipewire calls back in a thread of its own, which holds the lock meanwhile; everyone else takes it
// before calling libpipewire or looking at what the callbacks write.
class PipewireConnection {
 public:
  // what: "pipewire:NAME", for errors; over: a connection that is open already, and is closed with this one.
  // Error if PipeWire does not run.
  explicit PipewireConnection(std::string what, std::optional<int> over = std::nullopt);
  ~PipewireConnection();
  PipewireConnection(const PipewireConnection&) = delete;
  PipewireConnection& operator=(const PipewireConnection&) = delete;

  class Lock {
   public:
    explicit Lock(const PipewireConnection& of) : loop_(of.loop_.get()) { pw_thread_loop_lock(loop_); }
    ~Lock() { pw_thread_loop_unlock(loop_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    pw_thread_loop* loop_;
  };

  // With the lock held, all of these.  wait() gives it up until wake() is called or the time is over.
  void wait(double seconds) const;
  void wake() const { pw_thread_loop_signal(loop_.get(), false); }
  pw_core* core() const { return core_.get(); }
  bool lost() const { return lost_; }  // the daemon is gone
  // By its id: what gives pictures now.
  const std::map<uint32_t, PipewireNode>& nodes() const { return nodes_; }

  const std::string& what() const { return what_; }

 private:
  template <auto kFree>
  struct Free {
    template <class T>
    void operator()(T* p) const {
      kFree(p);
    }
  };
  struct FreeRegistry {
    void operator()(pw_registry* r) const { pw_proxy_destroy(reinterpret_cast<pw_proxy*>(r)); }
  };
  static void stop(pw_thread_loop* loop) { pw_thread_loop_stop(loop); }

  void ask_for_nodes();
  void found(uint32_t id, const char* type, const spa_dict* properties);

  std::string what_;
  std::map<uint32_t, PipewireNode> nodes_;
  std::set<std::string> own_clients_;  // ids of this process's connections
  bool lost_ = false;
  int asked_ = 0, answered_ = -1;  // numbers of pw_core_sync
  spa_hook core_hook_ = {}, registry_hook_ = {};
  // destroyed from the last to the first: the thread ends before what it uses
  std::unique_ptr<pw_thread_loop, Free<pw_thread_loop_destroy>> loop_;
  std::unique_ptr<pw_context, Free<pw_context_destroy>> context_;
  std::unique_ptr<pw_core, Free<pw_core_disconnect>> core_;
  std::unique_ptr<pw_registry, FreeRegistry> registry_;
  std::unique_ptr<pw_thread_loop, Free<stop>> running_;
};

// How a picture lies in PipeWire's buffers and in FFmpeg's frames.
struct PipewireFormat {
  spa_video_format spa;
  AVPixelFormat ffmpeg;
};

// A stream of raw pictures.  Its callbacks run with the lock held.
class PipewireStream {
 public:
  // properties become the stream's.
  PipewireStream(PipewireConnection& connection, pw_properties* properties);
  virtual ~PipewireStream();
  PipewireStream(const PipewireStream&) = delete;
  PipewireStream& operator=(const PipewireStream&) = delete;

 protected:
  // With the lock held.
  void connect(pw_direction direction, uint32_t flags, std::span<const PipewireFormat> formats,
               const spa_rectangle& size, const spa_fraction& rate, bool fixed, uint32_t target = PW_ID_ANY);
  pw_stream* stream() const { return stream_; }
  PipewireConnection& connection() const { return *connection_; }
  pw_stream_state state() const { return state_; }
  const std::string& failure() const { return failure_; }  // of the stream, in PipeWire's words
  // No callbacks from here on; to be called by the destructor of what overrides process().
  void end();

  // What both sides agreed on.
  AVPixelFormat format() const { return format_; }
  const spa_video_info_raw& agreed() const { return agreed_; }

  // A buffer is there to be filled, or read.
  virtual void process() = 0;

 private:
  void agree(const spa_pod* format);

  PipewireConnection* connection_;
  pw_stream* stream_ = nullptr;
  spa_hook hook_ = {};
  pw_direction direction_ = PW_DIRECTION_INPUT;
  std::span<const PipewireFormat> formats_;
  pw_stream_state state_ = PW_STREAM_STATE_UNCONNECTED;
  std::string failure_;
  spa_video_info_raw agreed_ = {};
  AVPixelFormat format_ = AV_PIX_FMT_NONE;
};

}  // namespace reverie::ffmpeg
