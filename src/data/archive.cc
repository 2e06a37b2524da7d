#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/cifar.h"
#include "data/import.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

// Reads an archive from beginning to end.
class Reader {
 public:
  explicit Reader(const fs::path& path) : name_(path.string()), archive_(archive_read_new()) {
    if (!archive_) throw std::bad_alloc();
    archive* a = archive_.get();
    // only what libarchive unpacks itself: for some other formats it would start a program
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_tar(a);
    archive_read_support_format_zip(a);
    constexpr size_t kBlock = size_t{1} << 16U;
    if (archive_read_open_filename(a, name_.c_str(), kBlock) != ARCHIVE_OK) fail();
  }

  // Moves to the next regular file; false at the end.
  bool next() {
    for (;;) {
      const int code = archive_read_next_header(archive_.get(), &entry_);
      if (code == ARCHIVE_EOF) return false;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) fail();
      const char* path = archive_entry_pathname(entry_);
      if (path == nullptr) path = archive_entry_pathname_utf8(entry_);
      const bool linked = archive_entry_hardlink(entry_) != nullptr;
      if (path == nullptr || linked || archive_entry_filetype(entry_) != AE_IFREG) continue;
      path_ = path;
      return true;
    }
  }

  const std::string& path() const { return path_; }

  void read(std::vector<uint8_t>& out) {
    out.clear();
    for (;;) {
      constexpr size_t kPiece = size_t{1} << 16U;
      const size_t before = out.size();
      out.resize(before + kPiece);
      const la_ssize_t got = archive_read_data(archive_.get(), out.data() + before, kPiece);
      if (got < 0) fail();
      out.resize(before + static_cast<size_t>(got));
      if (got == 0) return;
      if (out.size() > kMostPictureBytes) {
        throw Error("read", fmt::format("{}: {}", name_, path_),
                    fmt::format("it is larger than the {} bytes allowed here", kMostPictureBytes));
      }
    }
  }

 private:
  [[noreturn]] void fail() const {
    const char* why = archive_error_string(archive_.get());
    throw Error("read", name_, why != nullptr ? why : "it is not an archive");
  }

  std::string name_, path_;
  std::unique_ptr<archive, FreeArchive> archive_;
  archive_entry* entry_ = nullptr;
};

// "cifar10.tar.gz" -> "cifar10"
fs::path name_without_endings(const fs::path& path) {
  fs::path stem = path.stem();
  if (stem.extension() == ".tar") stem = stem.stem();
  return stem;
}

}  // namespace

void import_archive(const fs::path& path, const Decoders& decoders, PictureIntake& intake) {
  Reader reader(path);
  const fs::path own = name_without_endings(path);
  const size_t first_label = intake.set().labels();
  const size_t before = intake.set().pictures() + intake.left_out();
  const std::vector<std::string> cifar_names(kCifarNames.begin(), kCifarNames.end());
  std::vector<uint8_t> bytes;
  bool cifar = false;
  while (!stop_requested() && reader.next()) {
    const fs::path inner = fs::path("/" + reader.path()).lexically_normal().relative_path();
    const std::string name = inner.filename().string();
    const std::string shown = fmt::format("{}: {}", path.string(), reader.path());
    if (name.starts_with('.')) continue;
    if (is_cifar_name(name)) {
      reader.read(bytes);
      import_cifar_batch(bytes, shown, cifar_names, intake);
      cifar = true;
    } else if (decoders.is_picture(name)) {
      reader.read(bytes);
      import_picture(bytes, place_of(own / inner), shown, decoders, intake);
    }
  }
  if (!stop_requested() && intake.set().pictures() + intake.left_out() == before) {
    throw Error("import", path.string(), "there are no pictures in this archive");
  }
  if (!cifar) intake.set().sort_labels(first_label);
}

}  // namespace reverie
