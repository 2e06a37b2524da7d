#include "core/file_kind.h"

#include <gtest/gtest.h>

#include <array>

#include "core/compressed.h"
#include "core/corpus_test_help.h"
#include "core/file.h"
#include "core/test_help.h"

namespace reverie {
namespace {

using namespace std::string_literals;

std::span<const uint8_t> bytes_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

TEST(FileKind, IsToldByTheFirstBytes) {
  const std::string lmdb = std::string(16, '\0') + "\xde\xc0\xef\xbe" + std::string(100, '\0');
  const std::string zip = "PK\3\4"s + std::string(22, '\0');
  const std::string record = "\x06\0\0\0\0\0\0\0crc.\x0a\x04\x0a\x02\x0a\0"s;
  const std::array<std::tuple<const char*, std::string, FileType>, 32> cases = {{
      {"weights.caffemodel.h5", "\x89HDF\r\n\x1a\n...."s, FileType::kHdf5},
      {"a.solverstate.h5", "\x89HDF\r\n\x1a\n...."s, FileType::kSolverState},
      {"v73.mat", std::string(512, ' ') + "\x89HDF\r\n\x1a\n", FileType::kHdf5},
      {"a.bin.gz", "\x1f\x8b\x08\0\0\0\0\0\0\x03..."s, FileType::kCompressed},
      {"a.xz", "\xfd\x37zXZ\0..."s, FileType::kCompressed},
      {"a.pkl", "\x80\x04\x95."s, FileType::kPickle},
      {"old.pt", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s, FileType::kPyTorch},
      {"a.pth", zip + "\x10\0\0\0archive/data.pkl...."s, FileType::kPyTorch},
      {"a.npz", zip + "\x05\0\0\0a.npy...."s, FileType::kNpz},
      {"a.zip", zip + "\x05\0\0\0a.png...."s, FileType::kArchive},
      {"a.npy", "\x93NUMPY\x01"s, FileType::kNpy},
      {"a.tar", std::string(257, 'x') + "ustar", FileType::kArchive},
      {"data.mdb", lmdb, FileType::kDatabase},
      {"a.parquet", "PAR1....", FileType::kTable},
      {"a.tfrecord-00000-of-00001", record, FileType::kRecords},
      {"a.safetensors", "\x02\0\0\0\0\0\0\0{}"s, FileType::kSafetensors},
      {"a.solverstate", "\x08\x90\x4e\x12\x14net_iter_1.caffemodel"s, FileType::kSolverState},
      {"b", "\x08\x90\x4e\x12\x15net_iter_1.caffemodel.h"s, FileType::kSolverState},
      {"a.onnx",
       "\x08\x07\x12\x07pytorch\x1a\x03"
       "1.1"s,
       FileType::kOnnx},
      {"mean.binaryproto", "\x08\x01\x10\x03\x18\x20\x20\x20\x2a\x04...."s, FileType::kCaffeMean},
      {"a.caffemodel", "\x0a\x03net\xa2\x06\x05....."s, FileType::kCaffeModel},
      {"net.prototxt", "name: 'a'\n", FileType::kCaffeText},
      {"train_val.txt", "# net\nlayer { type: 'Data' }", FileType::kCaffeText},
      {"solver", "base_lr: 1\nmax_iter: 5", FileType::kCaffeText},
      {"a.html.tfrecord", "\n<!DOCTYPE html><html>", FileType::kWebPage},
      {"a.tfrecord", "version https://git-lfs.github.com/spec/v1\noid", FileType::kGitPointer},
      {"a.png", "\x89PNG\r\n\x1a\n...."s, FileType::kPicture},
      {"a.mp4",
       "\0\0\0\x20"
       "ftypisom"s,
       FileType::kVideo},
      {"train-images-idx3-ubyte", "\0\0\x08\x03...."s, FileType::kIdx},
      {"a.txt", "words", FileType::kText},
      {"net", "\x0a\x08myftypWEBP!"s, FileType::kUnknown},
      {"a.bin", "\x03\x01\x02\xff\x00"s, FileType::kUnknown},
  }};
  for (const auto& [name, content, type] : cases) {
    const FileKind found = kind_of(bytes_of(content), name);
    EXPECT_EQ(static_cast<int>(found.type), static_cast<int>(type)) << name << ": " << found.what;
    EXPECT_EQ(found.what.empty(), type == FileType::kUnknown) << name;
  }
}

TEST(FileKind, CorpusIsKnownAndUnpacks) {
  replay_corpus("file_kind", [](const std::vector<uint8_t>& bytes, const std::string& file) {
    EXPECT_FALSE(kind_of(bytes, file).what.empty());
    if (is_compressed(bytes)) decompress(bytes, file);
  });
}

TEST(Compressed, ComesBackOfEveryKind) {
  for (const char* ending : {"gzip", "bzip2", "xz"}) {
    const char* root = std::getenv("REVERIE_ROOT");
    const std::filesystem::path file = std::filesystem::path(root != nullptr ? root : ".") /
                                       "tests/fuzz/corpus" / "file_kind" /
                                       (std::string(ending) + ".file_kind");
    std::string words;
    for (int i = 0; i < 9; ++i) words += "words";
    std::vector<uint8_t> bytes = read_file(file, 1000);
    const std::vector<uint8_t> plain = decompress(bytes, ending);
    EXPECT_EQ(std::string(plain.begin(), plain.end()), words) << ending;
    EXPECT_NE(message_of([&] { decompress(bytes, ending, 10); }).find("more than the 10 bytes"),
              std::string::npos);
    bytes.resize(bytes.size() - 12);
    EXPECT_NE(message_of([&] { decompress(bytes, ending); }), "") << ending;
  }
  EXPECT_EQ(uncompressed_name("a.bin.GZ"), "a.bin");
  EXPECT_EQ(uncompressed_name("a.zstd"), "a.zstd");
}

TEST(FileKind, OfFoldersAndFiles) {
  const TemporaryFolder folder;
  folder.write("lmdb/data.mdb", "");
  EXPECT_EQ(kind_of(folder.path() / "lmdb").what, "an LMDB database");
  folder.write("leveldb/CURRENT", "MANIFEST-1");
  EXPECT_EQ(kind_of(folder.path() / "leveldb").what, "a LevelDB database");
  folder.write("cifar/data_batch_1", "");
  EXPECT_EQ(kind_of(folder.path() / "cifar").what, "a folder of CIFAR's files");
  EXPECT_EQ(kind_of(folder.path()).what, "");
  EXPECT_EQ(kind_of(folder.path() / "none").what, "");
  EXPECT_EQ(kind_of(folder.write("none.tfrecord", "")).what, "empty");
}

TEST(FileKind, ReadersRefuseAllButTheirOwn) {
  const std::string npy = "\x93NUMPY\x01";
  EXPECT_EQ(message_of([&] { refuse_other_kinds(bytes_of(npy), "a.h5", FileType::kHdf5, "HDF5"); }),
            "cannot read a.h5: it is a NumPy array, not HDF5 (reverie convert takes a folder of .npy files)");
  refuse_other_kinds(bytes_of(npy), "a", FileType::kNpy, "an array");
  refuse_other_kinds(bytes_of("\x03\x02\xff"), "a", FileType::kNpy, "an array");
}

}  // namespace
}  // namespace reverie
