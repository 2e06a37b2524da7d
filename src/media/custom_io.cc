#include "media/custom_io.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <filesystem>
#include <thread>

#if !defined(_WIN32)
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

#include "core/error.h"
#include "core/stop.h"

namespace reverie::ffmpeg {
namespace {

constexpr int kRoom = 1 << 15;

int read_some(void* io, uint8_t* to, int most) {
  return static_cast<CustomIo*>(io)->read(to, most);
}
#if LIBAVFORMAT_VERSION_MAJOR >= 61
int write_some(void* io, const uint8_t* from, int size) {
#else
int write_some(void* io, uint8_t* from, int size) {
#endif
  return static_cast<CustomIo*>(io)->write(from, size);
}
int64_t seek_to(void* io, int64_t offset, int whence) {
  return static_cast<CustomIo*>(io)->seek(offset, whence);
}

// Whether the user asked to stop at least this long ago.
bool stopped_for(std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  static std::atomic<Clock::rep> since{0};
  if (!stop_requested()) return false;
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep never = 0;
  since.compare_exchange_strong(never, now);
  return Clock::duration(now - since.load()) >= patience;
}
constexpr std::chrono::milliseconds kWritersPatience(500);

int reading_stopped(void* /*unused*/) {
  return stop_requested() ? 1 : 0;
}
int writing_stopped(void* /*unused*/) {
  return stopped_for(kWritersPatience) ? 1 : 0;
}

class MemoryIo final : public CustomIo {
 public:
  explicit MemoryIo(std::span<const uint8_t> bytes) : CustomIo(false, true), bytes_(bytes) {}

  int read(uint8_t* to, int most) override {
    const size_t n = std::min(static_cast<size_t>(std::max(most, 0)), bytes_.size() - at_);
    if (n == 0) return AVERROR_EOF;
    std::copy_n(bytes_.data() + at_, n, to);
    at_ += n;
    return static_cast<int>(n);
  }

  int64_t seek(int64_t offset, int whence) override {
    const auto size = static_cast<int64_t>(bytes_.size());
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) return size;
    if (whence == SEEK_CUR) offset += static_cast<int64_t>(at_);
    if (whence == SEEK_END) offset += size;
    if (offset < 0 || offset > size) return AVERROR(EINVAL);
    at_ = static_cast<size_t>(offset);
    return offset;
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

#if !defined(_WIN32)
class PipeIo final : public CustomIo {
 public:
  PipeIo(const std::string& path, bool writes) : CustomIo(writes, false) {
    if (path == kStandard) {  // its other owners must not see O_NONBLOCK
      descriptor_ = ::fcntl(writes ? STDOUT_FILENO : STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
      if (descriptor_ < 0) throw Error("open", path, reason(AVERROR(errno)));
      return;
    }
    // A pipe opened for reading without waiting gives nothing until a writer comes; for writing it cannot be
    // opened before
    const int how = (writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC;
    for (;;) {
      descriptor_ = ::open(path.c_str(), how);
      if (descriptor_ >= 0) return;
      const int code = errno;
      if (code == EINTR) continue;
      if (stop_requested()) throw Stopped();
      if (code != ENXIO || !writes) throw Error("open", path, reason(AVERROR(code)));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  ~PipeIo() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int read(uint8_t* to, int most) override {
    for (;;) {
      if (stop_requested()) return AVERROR_EXIT;
      if (!ready(POLLIN)) continue;
      const ssize_t n = ::read(descriptor_, to, static_cast<size_t>(std::max(most, 0)));
      if (n > 0) return static_cast<int>(n);
      if (n == 0) return AVERROR_EOF;
      if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
    }
  }

  int write(const uint8_t* from, int size) override {
    int written = 0;
    while (written < size) {
      if (stopped_for(kWritersPatience) && !ready(POLLOUT)) return AVERROR_EXIT;
      if (!ready(POLLOUT)) continue;
      // not more than fits into a pipe that is ready, or it would wait
      const int n_most = std::min(size - written, PIPE_BUF);
      const ssize_t n = ::write(descriptor_, from + written, static_cast<size_t>(n_most));
      if (n > 0) written += static_cast<int>(n);
      if (n < 0 && errno != EINTR && errno != EAGAIN) return AVERROR(errno);
    }
    return size;
  }

 private:
  bool ready(short events) const {
    constexpr int kMilliseconds = 50;
    pollfd p = {descriptor_, events, 0};
    return ::poll(&p, 1, kMilliseconds) > 0;
  }

  int descriptor_ = -1;
};
#endif

}  // namespace

CustomIo::CustomIo(bool writes, bool seeks) {
  auto* room = static_cast<unsigned char*>(av_malloc(kRoom));
  context_ = avio_alloc_context(room, kRoom, writes ? 1 : 0, this, writes ? nullptr : read_some,
                                writes ? write_some : nullptr, seeks ? seek_to : nullptr);
  if (context_ == nullptr) {
    av_free(room);
    throw std::bad_alloc();
  }
  if (!seeks) context_->seekable = 0;
}

CustomIo::~CustomIo() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int CustomIo::read(uint8_t* /*to*/, int /*most*/) {
  return AVERROR(ENOSYS);
}
int CustomIo::write(const uint8_t* /*from*/, int /*size*/) {
  return AVERROR(ENOSYS);
}
int64_t CustomIo::seek(int64_t /*offset*/, int /*whence*/) {
  return AVERROR(ENOSYS);
}

std::unique_ptr<CustomIo> open_memory_io(std::span<const uint8_t> bytes) {
  return std::make_unique<MemoryIo>(bytes);
}

bool is_pipe(const std::string& path) {
  std::error_code code;
  if (path.empty()) return false;
  const std::filesystem::file_type type = std::filesystem::status(path, code).type();
  return type == std::filesystem::file_type::fifo || type == std::filesystem::file_type::character ||
         type == std::filesystem::file_type::socket;
}

std::unique_ptr<CustomIo> open_pipe(const std::string& path, bool writes) {
#if defined(_WIN32)
  throw Error("open", path, "pipes are not supported on this system");
#else
  return std::make_unique<PipeIo>(path, writes);
#endif
}

AVIOInterruptCB reading_interrupt() {
  return {reading_stopped, nullptr};
}
AVIOInterruptCB writing_interrupt() {
  return {writing_stopped, nullptr};
}

}  // namespace reverie::ffmpeg
