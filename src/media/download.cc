#include "media/download.h"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/custom_io.h"
#include "media/ffmpeg.h"

extern "C" {
#include <libavformat/avio.h>
#include <libavutil/sha.h>
}

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlock = size_t{1} << 16U;

class Address {
 public:
  explicit Address(const std::string& address) : address_(address) {
    const AVIOInterruptCB interrupt = ffmpeg::reading_interrupt();
    ffmpeg::check(avio_open2(&io_, address.c_str(), AVIO_FLAG_READ, &interrupt, nullptr), "fetch", address);
  }
  ~Address() { avio_closep(&io_); }
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;

  // 0 where the server does not say it.
  uint64_t size() const {
    const int64_t size = avio_size(io_);
    return size > 0 ? static_cast<uint64_t>(size) : 0;
  }
  bool go_to(uint64_t place) { return avio_seek(io_, static_cast<int64_t>(place), SEEK_SET) >= 0; }
  // 0 at the end.
  size_t read(std::vector<uint8_t>& block) {
    const int n = avio_read_partial(io_, block.data(), static_cast<int>(block.size()));
    if (stop_requested()) throw Stopped();
    if (n == AVERROR_EOF) return 0;
    return static_cast<size_t>(ffmpeg::check(n, "fetch", address_, "the same command goes on from here"));
  }

 private:
  std::string address_;
  AVIOContext* io_ = nullptr;
};

std::string sum_of(const fs::path& file, bool sha256) {
  const std::unique_ptr<AVSHA, void (*)(void*)> sha(av_sha_alloc(), av_free);
  const int bits = sha256 ? 256 : 160;
  av_sha_init(sha.get(), bits);
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(kBlock);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    av_sha_update(sha.get(), reinterpret_cast<const uint8_t*>(block.data()),
                  static_cast<size_t>(in.gcount()));
  std::vector<uint8_t> sum(static_cast<size_t>(bits / 8));
  av_sha_final(sha.get(), sum.data());
  std::string digits;
  for (const uint8_t byte : sum) digits += fmt::format("{:02x}", byte);
  return digits;
}

void take_rest(const Download& what, const fs::path& part, const OnDownload& told) {
  Address from(what.address);
  const uint64_t whole = from.size();
  std::error_code code;
  uint64_t done = fs::exists(part, code) ? fs::file_size(part, code) : 0;
  if (whole > 0 && done == whole) return;
  if (done > 0 && (done > whole || !from.go_to(done))) done = 0;
  std::ofstream out(part, done > 0 ? std::ios::binary | std::ios::app : std::ios::binary | std::ios::trunc);
  std::vector<uint8_t> block(kBlock);
  while (const size_t n = from.read(block)) {
    out.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(n));
    if (!out.flush()) throw Error("write", part.string(), "the disk may be full");
    told(done += n, whole);
  }
  if (whole > 0 && done < whole)
    throw Error("fetch", what.address, fmt::format("it ended after {} of {} bytes", done, whole),
                "the same command goes on from here");
}

}  // namespace

void download(const Download& what, const OnDownload& told) {
  ffmpeg::prepare();
  if (what.file.has_parent_path()) fs::create_directories(what.file.parent_path());
  const fs::path part = what.file.string() + ".part";
  take_rest(what, part, told);
  if (!what.hash.empty()) {
    const std::string sum = sum_of(part, what.hash == "sha256");
    if (!sum.starts_with(lower(what.digits))) {
      fs::remove(part);
      throw Error("fetch", what.address,
                  fmt::format("its {} begins with {}, not {}", what.hash, sum.substr(0, what.digits.size()),
                              what.digits),
                  "it is another file than the published one, or was damaged on the way");
    }
  }
  fs::rename(part, what.file);
}

}  // namespace reverie
