#include "data/import.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <sstream>

#include "core/test_help.h"
#include "data/archive.h"
#include "data/cifar.h"
#include "data/idx.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// In these tests a picture file is the text "WIDTH HEIGHT GREY", a video several of them.
std::optional<Planes> next_picture(std::istream& in) {
  int width = 0;
  int height = 0;
  float grey = 0;
  if (!(in >> width >> height >> grey)) return std::nullopt;
  return Planes(3, height, width, grey / 255);
}

Decoders text_decoders() {
  Decoders d;
  d.is_picture = [](const std::string& name) { return name.ends_with(".txt"); };
  d.picture = [](std::span<const uint8_t> bytes, const std::string& name) {
    std::istringstream in(std::string(bytes.begin(), bytes.end()));
    const std::optional<Planes> picture = next_picture(in);
    if (!picture) throw Error("read", name, "it is no picture");
    return *picture;
  };
  d.video = [](const std::string& path, int64_t step, const std::function<bool(const Planes&)>& take) {
    std::ifstream in(path);
    if (in.peek() == '!') throw Error("read", path, "it is no video");
    for (int64_t i = 0; const std::optional<Planes> frame = next_picture(in); ++i) {
      if (i % step == 0 && !take(*frame)) return;
    }
  };
  return d;
}

// What the tests compare: "label split grey" of each picture, training pictures sorted by grey.
struct Imported {
  std::vector<std::string> pictures, labels, left_out;
  std::pair<int, int> size;
};

class Import : public testing::Test {
 protected:
  Imported import(const std::vector<fs::path>& sources, const ImportOptions& options = {}) const {
    Imported result;
    const fs::path path = folder_.path() / "out" / "set.tfrecord";
    RecordSetWriter writer(path);
    PictureIntake intake(writer, options);
    for (const fs::path& source : sources) import_source(source.string(), text_decoders(), intake);
    writer.finish();
    result.left_out = intake.why_left_out();
    const RecordSet set = RecordSet::open(path);
    result.labels = set.labels();
    for (const Split split : {Split::kTrain, Split::kTest}) {
      for (size_t i = 0; i < set.size(split); ++i) {
        const Record r = set.record(split, i);
        result.pictures.push_back(fmt::format("{} {} {}", set.labels().at(static_cast<size_t>(r.label)),
                                              split_name(split), r.pixels[0]));
      }
    }
    if (!result.pictures.empty()) result.size = set.common_size();
    std::sort(result.pictures.begin(), result.pictures.end());
    return result;
  }

  std::string failure(const fs::path& source, const ImportOptions& options = {}) const {
    return message_of([&] { import({source}, options); });
  }

  TemporaryFolder folder_;
};

using Words = std::vector<std::string>;

TEST_F(Import, FolderNamesAreLabels) {
  folder_.write("pets/dog/9.txt", "2 1 9");
  folder_.write("pets/dog/10.txt", "2 1 10");
  folder_.write("pets/cat/1.txt", "2 1 1");
  folder_.write("pets/loose.txt", "2 1 5");
  folder_.write("pets/cat/.hidden.txt", "2 1 2");
  folder_.write("pets/.git/a.txt", "2 1 3");
  folder_.write("pets/README", "read me");
  const Imported all = import({folder_.path() / "pets/"});
  EXPECT_EQ(all.labels, (Words{"cat", "dog", "pets"}));
  EXPECT_EQ(all.pictures, (Words{"cat train 1", "dog train 10", "dog train 9", "pets train 5"}));
  EXPECT_EQ(all.size, std::pair(1, 2));
}

TEST_F(Import, TrainAndTestFoldersAreSplits) {
  folder_.write("set/train/a/x/1.txt", "1 1 1");
  folder_.write("set/test/a/2.txt", "1 1 2");
  folder_.write("set/test/b/3.txt", "1 1 3");
  EXPECT_EQ(import({folder_.path() / "set"}).pictures, (Words{"a test 2", "a train 1", "b test 3"}));
  // also one by one
  EXPECT_EQ(import({folder_.path() / "set/train", folder_.path() / "set/test"}).pictures,
            (Words{"a test 2", "a train 1", "b test 3"}));
  ImportOptions one;
  one.label = "all";
  EXPECT_EQ(import({folder_.path() / "set"}, one).pictures,
            (Words{"all test 2", "all test 3", "all train 1"}));
}

TEST(Place, ComesFromThePath) {
  const auto words = [](const char* path) {
    const Place p = place_of(path);
    return p.label + (p.split ? " " + split_name(*p.split) : "");
  };
  EXPECT_EQ(words("set/train/cat/deep/1.png"), "cat train");
  EXPECT_EQ(words("set/train/1.png"), "set train");
  EXPECT_EQ(words("test/cat/1.png"), "cat test");
  EXPECT_EQ(words("test/1.png"), "test test");
  EXPECT_EQ(words("set/cat/1.png"), "cat");
  EXPECT_EQ(words("set/test"), "set");
  EXPECT_EQ(words("1.png"), "");
}

TEST_F(Import, LinksToFoldersAreNotFollowed) {
  folder_.write("set/a/1.txt", "1 1 1");
  fs::create_directory_symlink("..", folder_.path() / "set/a/up");
  EXPECT_EQ(import({folder_.path() / "set"}).pictures, Words{"a train 1"});
}

TEST_F(Import, BringsPicturesToOneSize) {
  folder_.write("set/1.txt", "4 2 7");
  folder_.write("set/2.txt", "2 4 8");
  const std::string message = failure(folder_.path() / "set");
  EXPECT_NE(message.find("2.txt: it is 2x4, but "), std::string::npos) << message;
  EXPECT_NE(message.find("use --size WxH"), std::string::npos) << message;
  ImportOptions options;
  options.width = 3;
  options.height = 5;
  for (const Fit fit : {Fit::kCrop, Fit::kPad, Fit::kStretch}) {
    options.fit = fit;
    EXPECT_EQ(import({folder_.path() / "set"}, options).size, std::pair(5, 3));
  }
  options = {};
  options.crop = {1, 3, 0, 0};
  EXPECT_NE(failure(folder_.path() / "set", options).find("none of its 2x4 pixels are left"),
            std::string::npos);
  options.crop = {1, 1, 0, 0};
  EXPECT_EQ(import({folder_.path() / "set/1.txt"}, options).size, std::pair(1, 3));
}

TEST_F(Import, LeavesOutWhatCannotBeRead) {
  folder_.write("set/1.txt", "1 1 1");
  folder_.write("set/2.txt", "no picture");
  const Imported all = import({folder_.path() / "set"});
  EXPECT_EQ(all.pictures.size(), 1U);
  ASSERT_EQ(all.left_out.size(), 1U);
  EXPECT_NE(all.left_out[0].find("2.txt"), std::string::npos);
  EXPECT_NE(failure(folder_.path() / "none").find("there is no such file"), std::string::npos);
  folder_.write("empty/README", "nothing here");
  EXPECT_NE(failure(folder_.path() / "empty").find("no pictures or videos"), std::string::npos);
}

TEST_F(Import, TakesEveryNthFrame) {
  folder_.write("walk/clip.mp4", "1 1 1  1 1 2  1 1 3  1 1 4  1 1 5");
  ImportOptions options;
  options.step = 2;
  EXPECT_EQ(import({folder_.path() / "walk/clip.mp4"}, options).pictures,
            (Words{"clip train 1", "clip train 3", "clip train 5"}));
  EXPECT_EQ(import({folder_.path() / "walk"}, options).labels, Words{"walk"});
  folder_.write("walk/broken.mp4", "!");
  EXPECT_EQ(import({folder_.path() / "walk"}, options).left_out.size(), 1U);
  folder_.write("walk/large.mp4", "9 9 1");
  EXPECT_NE(failure(folder_.path() / "walk").find("large.mp4, frame 0: it is 9x9"), std::string::npos);
}

// name -> content; a name ending in / is a folder, content "-> x" a link.
void write_archive(const fs::path& path, const std::vector<std::pair<std::string, std::string>>& files,
                   bool packed) {
  archive* a = archive_write_new();
  archive_write_set_format_pax_restricted(a);
  if (packed) archive_write_add_filter_gzip(a);
  ASSERT_EQ(archive_write_open_filename(a, path.c_str()), ARCHIVE_OK);
  for (const auto& [name, content] : files) {
    archive_entry* e = archive_entry_new();
    archive_entry_set_pathname(e, name.c_str());
    archive_entry_set_perm(e, 0644);
    archive_entry_set_filetype(e, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    if (content.starts_with("->")) {
      archive_entry_set_filetype(e, AE_IFLNK);
      archive_entry_set_symlink(e, content.c_str() + 3);
    } else {
      archive_entry_set_size(e, static_cast<la_int64_t>(content.size()));
    }
    archive_write_header(a, e);
    if (!content.starts_with("->")) archive_write_data(a, content.data(), content.size());
    archive_entry_free(e);
  }
  archive_write_close(a);
  archive_write_free(a);
}

TEST_F(Import, ArchivesAreFolders) {
  for (const bool packed : {false, true}) {
    const fs::path path = folder_.path() / (packed ? "pets.tar.gz" : "pets.tar");
    write_archive(path,
                  {{"./all/", ""},
                   {"./all/train/dog/1.txt", "1 1 1"},
                   {"all/train/cat/2.txt", "1 1 2"},
                   {"../../all/test/dog/3.txt", "1 1 3"},
                   {"all/test/dog/4.txt", "broken"},
                   {"all/test/dog/5.txt", "-> 1.txt"},
                   {"all/README", "read me"},
                   {"top.txt", "1 1 6"}},
                  packed);
    const Imported all = import({path});
    EXPECT_EQ(all.labels, (Words{"cat", "dog", "pets"}));
    EXPECT_EQ(all.pictures, (Words{"cat train 2", "dog test 3", "dog train 1", "pets train 6"}));
    EXPECT_EQ(all.left_out.size(), 1U);
  }
  EXPECT_NE(failure(folder_.write("a.tar", "this is no archive, not at all")).find("a.tar"),
            std::string::npos);
}

std::string cifar_record(int label, int first) {
  std::string record(3073, '\1');
  record[0] = static_cast<char>(label);
  record[1] = static_cast<char>(first);
  return record;
}

TEST_F(Import, Cifar) {
  folder_.write("cifar/data_batch_1.bin", cifar_record(3, 10) + cifar_record(0, 11));
  folder_.write("cifar/test_batch.bin", cifar_record(9, 12));
  const fs::path folder = folder_.path() / "cifar";
  const Imported all = import({folder});
  EXPECT_EQ(all.labels, Words(kCifarNames.begin(), kCifarNames.end()));
  EXPECT_EQ(all.pictures, (Words{"airplane train 11", "cat train 10", "truck test 12"}));
  EXPECT_EQ(all.size, std::pair(32, 32));
  EXPECT_EQ(import({folder / "test_batch.bin"}).pictures, Words{"truck test 12"});
  folder_.write("cifar/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  EXPECT_EQ(import({folder}).pictures, (Words{"a train 11", "d train 10", "j test 12"}));

  write_archive(folder_.path() / "cifar.tar.gz",
                {{"x/data_batch_2.bin", cifar_record(1, 5)}, {"x/test_batch.bin", cifar_record(1, 6)}}, true);
  EXPECT_EQ(import({folder_.path() / "cifar.tar.gz"}).pictures,
            (Words{"automobile test 6", "automobile train 5"}));

  EXPECT_NE(
      failure(folder_.write("bad/data_batch_1.bin", cifar_record(10, 0))).find("record 0: its label is 10"),
      std::string::npos);
  EXPECT_NE(failure(folder_.write("bad/data_batch_1.bin", "short")).find("not a whole number"),
            std::string::npos);
}

TEST(Cifar, PlanesBecomePixels) {
  std::vector<uint8_t> record(3073);
  for (size_t i = 0; i < 1024; ++i) {
    record[1 + i] = static_cast<uint8_t>(i);
    record[1025 + i] = 100;
    record[2049 + i] = 200;
  }
  std::vector<uint8_t> pixels;
  CifarBatch(record, "a").pixels(0, pixels);
  EXPECT_EQ(pixels[3 * 33], 33);  // x = 1, y = 1
  EXPECT_EQ(pixels[3 * 33 + 1], 100);
  EXPECT_EQ(pixels[3 * 33 + 2], 200);
}

std::string idx(const std::vector<int>& shape, const std::string& data) {
  std::string s = {0, 0, 8, static_cast<char>(shape.size())};
  for (const int n : shape) s += {0, 0, static_cast<char>(n >> 8), static_cast<char>(n)};
  return s + data;
}

void write_packed(const fs::path& path, const std::string& content) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
}

TEST_F(Import, Idx) {
  folder_.write("mnist/train-images-idx3-ubyte", idx({2, 1, 2}, "\x0a\x0b\x14\x15"));
  folder_.write("mnist/train-labels-idx1-ubyte", idx({2}, {2, 0}));
  const fs::path folder = folder_.path() / "mnist";
  write_packed(folder / "t10k-images-idx3-ubyte.gz", idx({1, 1, 2}, "\x1e\x1f"));
  write_packed(folder / "t10k-labels-idx1-ubyte.gz", idx({1}, {1}));
  const Imported all = import({folder});
  EXPECT_EQ(all.labels, (Words{"0", "1", "2"}));
  EXPECT_EQ(all.pictures, (Words{"0 train 20", "1 test 30", "2 train 10"}));
  EXPECT_EQ(all.size, std::pair(1, 2));
  EXPECT_EQ(import({folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz"}).pictures,
            Words{"1 test 30"});

  folder_.write("mnist/train-labels-idx1-ubyte", idx({1}, {2}));
  EXPECT_NE(failure(folder).find("one label for each of the 2 pictures"), std::string::npos);
  fs::remove(folder / "train-labels-idx1-ubyte");
  EXPECT_NE(failure(folder).find("train-labels-idx1-ubyte, are not in the same folder"), std::string::npos);
}

TEST_F(Import, RecordSetsAreNoSource) {
  EXPECT_NE(failure(folder_.write("a.tfrecord", "")).find("already a record set"), std::string::npos);
}

}  // namespace
}  // namespace reverie
