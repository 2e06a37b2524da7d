// What a file is, by its first bytes: for errors of readers that were given something else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace reverie {

enum class FileType {
  kUnknown,
  kEmpty,
  kPicture,
  kVideo,
  kSound,
  kRecords,  // TFRecord
  kIdx,
  kPickle,
  kArchive,       // tar, zip
  kOtherArchive,  // 7z, RAR
  kCompressed,
  kSafetensors,
  kNpy,
  kNpz,
  kCaffeModel,
  kCaffeText,
  kSolverState,
  kCaffeMean,
  kHdf5,
  kPyTorch,
  kOnnx,
  kMatlab,
  kDatabase,  // LMDB, LevelDB
  kCifar,     // a folder of its files
  kTable,     // Parquet, Arrow
  kWebPage,
  kGitPointer,
  kToml,
  kSession,
  kText,
};

struct FileKind {
  FileType type = FileType::kUnknown;
  std::string_view what;  // "an HDF5 file"; empty if unknown
  std::string_view use;   // what takes it, or what to do instead
};

// The kind of a file that begins with these bytes; 4096 of them are enough.  Its name is asked where several
// kinds begin alike.
FileKind kind_of(std::span<const uint8_t> head, const std::string& name);

// The same of a file, or of a folder that is a database or a data set.  Unknown for what cannot be read.
FileKind kind_of(const std::filesystem::path& path);

// Error("read", file, "it is WHAT, not WANTED", use) if the file is known to be of another type.
void refuse_other_kinds(std::span<const uint8_t> head, const std::string& file, FileType own,
                        std::string_view wanted);

}  // namespace reverie
