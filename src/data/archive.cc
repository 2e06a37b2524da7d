#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "core/compressed.h"
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
      const bool linked =
          archive_entry_hardlink(entry_) != nullptr || archive_entry_symlink(entry_) != nullptr;
      links_ += linked ? 1 : 0;
      if (path == nullptr || linked || archive_entry_filetype(entry_) != AE_IFREG) continue;
      path_ = path;
      return true;
    }
  }

  const std::string& path() const { return path_; }
  size_t links() const { return links_; }  // passed over

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
  size_t links_ = 0;
};

// "cifar10.tar.gz" -> "cifar10"
fs::path name_without_endings(const fs::path& path) {
  fs::path stem = path.stem();
  if (stem.extension() == ".tar") stem = stem.stem();
  return stem;
}

// Its path inside the archive's own name, without what leads out of it.
fs::path shown_path(const fs::path& own, const Reader& reader) {
  return own / fs::path("/" + reader.path()).lexically_normal().relative_path();
}

// What must be known before the first picture is taken.
struct Contents {
  Places places;
  std::vector<std::string> cifar_names;  // empty: none
};

Contents look_into(const fs::path& path, const Decoders& decoders) {
  Contents contents;
  Reader reader(path);
  const fs::path own = name_without_endings(path);
  std::vector<uint8_t> bytes;
  while (!stop_requested() && reader.next()) {
    const fs::path inner = shown_path(own, reader);
    const std::string name = inner.filename().string();
    if (decoders.is_picture(name)) contents.places.see(inner);
    if (!is_cifar_names_name(name) || !contents.cifar_names.empty()) continue;
    reader.read(bytes);
    contents.cifar_names = cifar_names(bytes, inner.string()).value_or(std::vector<std::string>{});
  }
  return contents;
}

}  // namespace

void import_archive(const fs::path& path, const Decoders& decoders, PictureIntake& intake) {
  const Contents contents = look_into(path, decoders);
  Reader reader(path);
  const fs::path own = name_without_endings(path);
  const size_t first_label = intake.set().labels();
  const size_t before = intake.set().pictures() + intake.left_out();
  std::vector<uint8_t> bytes;
  bool cifar = false;
  size_t spare = 0;
  while (!stop_requested() && reader.next()) {
    const fs::path inner = shown_path(own, reader);
    const std::string name = inner.filename().string();
    const std::string shown = fmt::format("{}: {}", path.string(), reader.path());
    if (name.starts_with('.')) continue;
    if (is_cifar_name(name)) {
      reader.read(bytes);
      if (is_compressed(bytes)) bytes = decompress(bytes, shown, kMostPictureBytes);
      if (!is_cifar(bytes, name)) continue;
      import_cifar_batch(bytes, shown, contents.cifar_names, intake);
      cifar = true;
    } else if (decoders.is_picture(name)) {
      const Place place = contents.places.of(inner);
      spare += place.spare ? 1 : 0;
      if (place.spare) continue;
      reader.read(bytes);
      import_picture(bytes, place, shown, decoders, intake);
    }
  }
  if (!stop_requested() && intake.set().pictures() + intake.left_out() == before) {
    throw Error("import", path.string(), "there are no pictures in this archive",
                reader.links() > 0 ? "its links are not followed: unpack it, and import the folder" : "");
  }
  warn_of_spare(spare, path.string());
  if (!cifar) intake.set().sort_labels(first_label);
}

}  // namespace reverie
