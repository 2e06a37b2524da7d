#include "core/file_kind.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <system_error>
#include <vector>

#include "core/compressed.h"
#include "core/error.h"
#include "core/text.h"

namespace reverie {

using namespace std::string_view_literals;

namespace fs = std::filesystem;

namespace {

using Type = FileType;

constexpr size_t kHead = 4096;

// The one list of signatures.
struct Signature {
  size_t at = 0;
  std::string_view bytes;
  Type type = Type::kUnknown;
  std::string_view what;
};
constexpr std::array kSignatures = {
    Signature{0, "\x89HDF\r\n"sv, Type::kHdf5, "an HDF5 file"},
    Signature{512, "\x89HDF\r\n\x1a\n"sv, Type::kHdf5, "an HDF5 file"},
    Signature{0, "\x93NUMPY"sv, Type::kNpy, "a NumPy array"},
    Signature{0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, Type::kPyTorch,
              "a PyTorch file"},
    Signature{0, "\x80\x02"sv, Type::kPickle, "a Python pickle"},
    Signature{0, "\x80\x03"sv, Type::kPickle, "a Python pickle"},
    Signature{0, "\x80\x04"sv, Type::kPickle, "a Python pickle"},
    Signature{0, "\x80\x05"sv, Type::kPickle, "a Python pickle"},
    Signature{0, "PK\x03\x04"sv, Type::kArchive, "a zip archive"},
    Signature{0, "PK\x05\x06"sv, Type::kArchive, "an empty zip archive"},
    Signature{257, "ustar"sv, Type::kArchive, "a tar archive"},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, Type::kOtherArchive, "a 7z archive"},
    Signature{0, "Rar!\x1a\x07"sv, Type::kOtherArchive, "a RAR archive"},
    Signature{0, "\x1f\x9d"sv, Type::kCompressed, "compressed with compress"},
    Signature{0, "\x04\x22\x4d\x18"sv, Type::kCompressed, "compressed with LZ4"},
    Signature{16, "\xde\xc0\xef\xbe"sv, Type::kDatabase, "an LMDB database"},
    Signature{0, "MATLAB 5.0 MAT-file"sv, Type::kMatlab, "a MATLAB file"},
    Signature{0, "MATLAB 7.3 MAT-file"sv, Type::kMatlab, "a MATLAB file"},
    Signature{0, "PAR1"sv, Type::kTable, "a Parquet file"},
    Signature{0, "ARROW1"sv, Type::kTable, "an Arrow file"},
    Signature{0, "version https://git-lfs.github.com/"sv, Type::kGitPointer, "a pointer of Git LFS"},
    Signature{0, "\0\0\x08"sv, Type::kIdx, "an idx file"},
    Signature{0, "\x89PNG\r\n\x1a\n"sv, Type::kPicture, "a PNG picture"},
    Signature{0, "\xff\xd8\xff"sv, Type::kPicture, "a JPEG picture"},
    Signature{0, "GIF8"sv, Type::kPicture, "a GIF picture"},
    Signature{0, "II*\0"sv, Type::kPicture, "a TIFF picture"},
    Signature{0, "MM\0*"sv, Type::kPicture, "a TIFF picture"},
    Signature{6, "\0\0\0\0"sv, Type::kPicture, "a BMP picture"},
    Signature{8, "WEBP"sv, Type::kPicture, "a WebP picture"},
    Signature{0, "\x76\x2f\x31\x01"sv, Type::kPicture, "an OpenEXR picture"},
    Signature{4, "ftypavif"sv, Type::kPicture, "an AVIF picture"},
    Signature{4, "ftyphei"sv, Type::kPicture, "a HEIF picture"},
    Signature{4, "ftypmif1"sv, Type::kPicture, "a HEIF picture"},
    Signature{4, "ftypM4A"sv, Type::kSound, "a sound file"},
    Signature{4, "ftyp"sv, Type::kVideo, "an MP4 video"},
    Signature{0, "\x1a\x45\xdf\xa3"sv, Type::kVideo, "a Matroska or WebM video"},
    Signature{8, "AVI "sv, Type::kVideo, "an AVI video"},
    Signature{0, "FLV\x01"sv, Type::kVideo, "an FLV video"},
    Signature{0, "YUV4MPEG2"sv, Type::kVideo, "a Y4M video"},
    Signature{0, "\0\0\x01\xba"sv, Type::kVideo, "an MPEG video"},
    Signature{0, "OggS"sv, Type::kVideo, "an Ogg file"},
    Signature{8, "WAVE"sv, Type::kSound, "a WAV sound"},
    Signature{0, "fLaC"sv, Type::kSound, "a FLAC sound"},
    Signature{0, "ID3"sv, Type::kSound, "an MP3 sound"},
};

// What takes a file of a type, or what to do instead.  None for what says little: empty files and any text.
struct Use {
  Type type = Type::kUnknown;
  std::string_view use;
};
constexpr std::array kUses = {
    Use{Type::kPicture,
        "reverie data import takes pictures and videos, and so does --input of reverie render"},
    Use{Type::kVideo, "reverie data import takes pictures and videos, and so does --input of reverie render"},
    Use{Type::kSound, "--sound of reverie render takes it"},
    Use{Type::kRecords, "reverie data show and reverie train --data take record sets"},
    Use{Type::kIdx, "reverie data import takes it, with its labels beside it"},
    Use{Type::kPickle,
        "reverie data import takes CIFAR's; save other pictures as PNG, weights as safetensors"},
    Use{Type::kArchive, "reverie data import takes archives of pictures and of CIFAR's files; unpack others"},
    Use{Type::kOtherArchive, "unpack it first"},
    Use{Type::kCompressed,
        "reverie data import takes CIFAR's and MNIST's files and pictures so; uncompress others first"},
    Use{Type::kCifar, "reverie data import takes it"},
    Use{Type::kSafetensors, "reverie info tells what is in it; --set weights= plays an hourglass"},
    Use{Type::kNpy, "reverie convert takes a folder of .npy files"},
    Use{Type::kNpz, "unzip it into a folder: reverie convert takes a folder of .npy files"},
    Use{Type::kCaffeModel,
        "reverie convert NET.prototxt NET.caffemodel -o MODEL.safetensors makes a model of it"},
    Use{Type::kCaffeText,
        "reverie convert takes it: NET.prototxt SOLVER.prototxt -o RECIPE.toml, or NET.prototxt "
        "NET.caffemodel -o MODEL.safetensors"},
    Use{Type::kSolverState, "it has no weights: they are in the .caffemodel beside it"},
    Use{Type::kCaffeMean, "training makes its own mean picture from the record set"},
    Use{Type::kHdf5, "Reverie does not read HDF5: save weights as safetensors or .npy, pictures as PNG"},
    Use{Type::kPyTorch, "reverie info tells what is in it; reverie convert makes a .safetensors file of it"},
    Use{Type::kOnnx, "Reverie does not read it: save its weights as safetensors or .npy"},
    Use{Type::kMatlab,
        "Reverie does not read it: take the binary or Python version of CIFAR, save other pictures as PNG, "
        "weights as .npy"},
    Use{Type::kDatabase,
        "Reverie does not read it: import the pictures it was made of with reverie data import"},
    Use{Type::kTable,
        "Reverie does not read it: import the pictures it was made of with reverie data import"},
    Use{Type::kWebPage, "the download went wrong: it may need a login or another link"},
    Use{Type::kGitPointer, "git lfs pull fetches the file itself"},
    Use{Type::kToml, "reverie train takes recipes, reverie render and play take presets"},
    Use{Type::kSession, "reverie render --session takes it"},
};

std::string_view use_of(Type type) {
  const auto found =
      std::find_if(kUses.begin(), kUses.end(), [type](const Use& u) { return u.type == type; });
  return found == kUses.end() ? "" : found->use;
}

FileKind kind(Type type, std::string_view what) {
  return {type, what, use_of(type)};
}

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uint64_t little(std::string_view bytes) {
  uint64_t v = 0;
  for (size_t i = 0; i < 8 && i < bytes.size(); ++i)
    v |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return v;
}

// The first fields of a protobuf message; stops at the first that is none or is longer than the head.
class Fields {
 public:
  explicit Fields(std::string_view left) : left_(left) {}

  uint64_t number = 0, value = 0;  // value: of a number, or the length of the bytes
  bool has_bytes = false;
  std::string_view bytes;  // as many as there are

  bool next() {
    uint64_t tag = 0;
    if (!varint(tag)) return false;
    number = tag >> 3U;
    has_bytes = (tag & 7U) == 2;
    bytes = {};
    if (((tag & 7U) != 0 && !has_bytes) || number == 0 || !varint(value)) return false;
    if (has_bytes) {
      bytes = left_.substr(0, value);
      left_.remove_prefix(bytes.size());
    }
    return true;
  }

 private:
  bool varint(uint64_t& v) {
    v = 0;
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(left_.front());
      left_.remove_prefix(1);
      v |= static_cast<uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80U) return true;
    }
    return false;
  }

  std::string_view left_;
};

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 32 && u != 127) || c == '\t' || c == '\n' || c == '\r' || c == '\f';
  });
}

// Messages begin alike: what their first fields hold tells them apart.
std::optional<FileKind> kind_of_message(std::string_view head, const std::string& name) {
  Fields f(head);
  if (!f.next()) return {};
  if (f.number == 1 && f.has_bytes && f.bytes.size() == f.value && is_plain(f.bytes)) {
    // NetParameter: name, then layers, inputs or layer
    if (f.next() && f.has_bytes && (f.number == 2 || f.number == 3 || f.number == 100))
      return kind(Type::kCaffeModel, "a file of Caffe's weights");
    return {};
  }
  if (f.has_bytes || f.number != 1) return {};
  if (!f.next()) return {};
  // BlobProto: num, channels, height, width
  if (!f.has_bytes && f.number == 2 && f.next() && !f.has_bytes && f.number == 3)
    return kind(Type::kCaffeMean, "a mean picture of Caffe");
  if (!f.has_bytes || f.number != 2 || !is_plain(f.bytes)) return {};
  // SolverState: iter, learned_net; ONNX: ir_version, producer_name
  if (f.bytes.find(".caffemodel") != std::string_view::npos || name.ends_with(".solverstate"))
    return kind(Type::kSolverState, "a solver state of Caffe");
  constexpr size_t kLongestProducer = 64;
  if (f.bytes.size() <= kLongestProducer) return kind(Type::kOnnx, "an ONNX model");
  return {};
}

std::string_view what_compressed(char first) {
  if (first == '\x1f') return "compressed with gzip";
  if (first == 'B') return "compressed with bzip2";
  return first == '\x28' ? "compressed with zstd" : "compressed with xz";
}

// Words in the middle are common ones: what is before them must fit.
bool is_there(const Signature& s, std::string_view head) {
  constexpr size_t kInBox = 4, kReserved = 6, kInRiff = 8;
  if (s.at == kReserved && !head.starts_with("BM")) return false;
  if (s.at == kInBox && !head.starts_with('\0')) return false;
  if (s.at == kInRiff && !head.starts_with("RIFF")) return false;
  return head.size() > s.at && head.substr(s.at).starts_with(s.bytes);
}

// A record holds one message of one field, which fills it.
bool is_records(std::string_view head) {
  constexpr size_t kBefore = 12;
  constexpr uint64_t kMost = uint64_t{1} << 32U;
  if (head.size() < kBefore + 2 || head[kBefore] != '\n' || little(head) >= kMost) return false;
  Fields f(head.substr(kBefore));
  uint64_t filled = 2;  // the tag and the length, of one byte or more
  if (!f.next()) return false;
  for (uint64_t v = f.value; v > 127; v >>= 7U) ++filled;
  return filled + f.value == little(head);
}

std::optional<FileKind> kind_of_zip(std::string_view head) {
  constexpr size_t kNameLengthAt = 26, kNameAt = 30;
  if (!head.starts_with("PK\x03\x04"sv) || head.size() < kNameAt) return {};
  const std::string_view first = head.substr(kNameAt, little(head.substr(kNameLengthAt, 2)));
  if (first.ends_with(".npy")) return kind(Type::kNpz, "an .npz file of NumPy");
  for (const std::string_view part : {"/data.pkl"sv, "/.format_version"sv, "/byteorder"sv, "/version"sv}) {
    if (first.ends_with(part) && head.find(".pkl") != std::string_view::npos)
      return kind(Type::kPyTorch, "a PyTorch file");
  }
  return {};
}

std::optional<FileKind> kind_of_text(std::string_view head, const std::string& name) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  if (!is_plain(head)) return {};
  const auto has = [&](std::string_view part) { return head.find(part) != std::string_view::npos; };
  const std::string start = lower(std::string(trim(head).substr(0, 16)));
  if (start.starts_with("<!doctype html") || start.starts_with("<html"))
    return kind(Type::kWebPage, "a web page");
  if (name.ends_with(".toml")) return kind(Type::kToml, "a preset or a recipe (.toml)");
  if (name.ends_with(".session") || has("\"reverie_session\""))
    return kind(Type::kSession, "a session of reverie play");
  if (has("layer {") || has("layers {") || has("layer{") || has("layers{"))
    return kind(Type::kCaffeText, "a net of Caffe (.prototxt)");
  if (has("base_lr:") && has("max_iter:")) return kind(Type::kCaffeText, "a solver of Caffe (.prototxt)");
  if (name.ends_with(".prototxt")) return kind(Type::kCaffeText, "a net or solver of Caffe (.prototxt)");
  return kind(Type::kText, "a text file");
}

}  // namespace

FileKind kind_of(std::span<const uint8_t> head, const std::string& name) {
  if (head.empty()) return kind(Type::kEmpty, "empty");
  const std::string_view text = text_of(head.first(std::min(head.size(), kHead)));
  if (is_records(text)) return kind(Type::kRecords, "a TFRecord file");
  constexpr size_t kLength = 8;
  constexpr uint64_t kMostHeader = 100'000'000;
  if (text.size() > kLength && text[kLength] == '{' && little(text) <= kMostHeader)
    return kind(Type::kSafetensors, "a safetensors file");
  if (is_compressed(head)) return kind(Type::kCompressed, what_compressed(text.front()));
  if (const auto zip = kind_of_zip(text)) return *zip;
  for (const Signature& s : kSignatures) {
    if (!is_there(s, text)) continue;
    if (s.type == Type::kHdf5 && lower(name).ends_with(".solverstate.h5"))
      return kind(Type::kSolverState, "a solver state of Caffe");
    return kind(s.type, s.what);
  }
  if (const auto words = kind_of_text(text, lower(uncompressed_name(name)))) return *words;
  return kind_of_message(text, lower(uncompressed_name(name))).value_or(FileKind{});
}

FileKind kind_of(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) {
    if (fs::exists(path / "data.mdb", code)) return kind(Type::kDatabase, "an LMDB database");
    for (const char* batch : {"data_batch_1", "data_batch_1.bin"}) {
      if (fs::is_regular_file(path / batch, code)) return kind(Type::kCifar, "a folder of CIFAR's files");
    }
    if (fs::exists(path / "CURRENT", code)) return kind(Type::kDatabase, "a LevelDB database");
    return {};
  }
  if (!fs::is_regular_file(path, code)) return {};
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> head(kHead);
  in.read(reinterpret_cast<char*>(head.data()), kHead);
  if (in.bad() || !in.is_open()) return {};
  head.resize(static_cast<size_t>(in.gcount()));
  return kind_of(head, path.filename().string());
}

void refuse_other_kinds(std::span<const uint8_t> head, const std::string& file, FileType own,
                        std::string_view wanted) {
  const FileKind found = kind_of(head, file);
  // what is only text or empty, the reader's own words tell better
  if (found.use.empty() || found.type == own) return;
  throw Error("read", file, "it is " + std::string(found.what) + ", not " + std::string(wanted),
              std::string(found.use));
}

}  // namespace reverie
