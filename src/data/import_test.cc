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
#include "data/tfrecord.h"

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

// Greys that tell where a piece was: x + 16 y.
TEST(PictureIntake, CropsAreWhatThePictureHasThere) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "set.tfrecord";
  ImportOptions options;
  options.crops = {3, 2, 50, 7};
  RecordSetWriter writer(path);
  PictureIntake intake(writer, options);
  Planes picture(3, 12, 16);
  for (int y = 0; y < 12; ++y) {
    for (int x = 0; x < 16; ++x) picture.at(0, y, x) = static_cast<float>(x + 16 * y) / 255;
  }
  intake.add(picture, {}, "one");
  intake.add(Planes(3, 1, 16), {}, "low");
  writer.finish();
  EXPECT_EQ(intake.taken(), 1U);
  EXPECT_EQ(intake.named_small(), (Words{"low (16x1)"}));
  const RecordSet set = RecordSet::open(path);
  ASSERT_EQ(set.size(Split::kTrain), 50U);
  std::set<int> places;
  for (size_t i = 0; i < 50; ++i) {
    const Record r = set.record(Split::kTrain, i);
    const int first = r.pixels[0];
    EXPECT_EQ(r.pixels[3], first + 1);
    EXPECT_EQ(r.pixels[9], first + 16);
    places.insert(first);
  }
  EXPECT_GT(places.size(), 35U);
  EXPECT_LE(*places.rbegin(), 13 + 16 * 10);
}

TEST(PictureIntake, TilesAreTheirOwnPictures) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "set.tfrecord";
  ImportOptions options;
  options.tiles = {3, 2};
  RecordSetWriter writer(path, {1, 0.5});
  PictureIntake intake(writer, options);
  for (int sheet = 0; sheet < 4; ++sheet) {
    Planes picture(3, 4, 9);
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 9; ++x)
        picture.at(0, y, x) = static_cast<float>(10 * sheet + x / 3 + 3 * (y / 2)) / 255;
    }
    intake.add(picture, {}, "sheet");
  }
  EXPECT_THROW(intake.add(Planes(3, 4, 10), {}, "uneven"), Error);
  writer.finish();
  EXPECT_EQ(intake.taken(), 24U);
  const RecordSet set = RecordSet::open(path);
  std::set<int> sheets[2];  // of training and testing
  size_t seen = 0;
  for (const Split split : {Split::kTrain, Split::kTest}) {
    for (size_t i = 0; i < set.size(split); ++i, ++seen) {
      const Record r = set.record(split, i);
      ASSERT_EQ(r.pixels.size(), 3U * 2U * 3U);
      for (size_t pixel = 0; pixel < 6; ++pixel) EXPECT_EQ(r.pixels[3 * pixel], r.pixels[0]);
      sheets[split == Split::kTest ? 1 : 0].insert(r.pixels[0] / 10);
    }
  }
  EXPECT_EQ(seen, 24U);
  EXPECT_EQ(sheets[0].size() + sheets[1].size(), 4U) << "tiles of a sheet are on both sides";
}

TEST(Places, ComeFromThePath) {
  Places places;
  const auto words = [&](const char* path) {
    const Place p = places.of(path);
    return p.label + (p.split ? " " + split_name(*p.split) : "") + (p.spare ? " spare" : "");
  };
  EXPECT_EQ(words("set/train/cat/deep/1.png"), "cat train");
  EXPECT_EQ(words("set/train/1.png"), "set train");
  EXPECT_EQ(words("test/cat/1.png"), "cat test");
  EXPECT_EQ(words("test/1.png"), "test test");
  EXPECT_EQ(words("set/cat/1.png"), "cat");
  EXPECT_EQ(words("set/test"), "set");
  EXPECT_EQ(words("1.png"), "");
  // classes, as long as nothing beside them is another split
  EXPECT_EQ(words("set/valid/1.png"), "valid");
  EXPECT_EQ(words("set/training/cat/1.png"), "cat");
  for (const char* path : {"a/train/x/1", "a/val/x/2", "b/Training/x/1", "b/Testing/x/1", "c/train/x/1",
                           "c/validation/x/1", "c/test/1"})
    places.see(path);
  EXPECT_EQ(words("a/val/x/2"), "x test");
  EXPECT_EQ(words("b/Training/x/1"), "x train");
  EXPECT_EQ(words("b/Testing/x/1"), "x test");
  EXPECT_EQ(words("c/validation/x/1"), "x test spare");
  EXPECT_EQ(words("d/val/x/2"), "x test");
  EXPECT_EQ(words("d/VAL/x/2"), "x");
}

TEST_F(Import, ValidationIsNeverTrainedOn) {
  folder_.write("set/train/a/1.txt", "1 1 1");
  folder_.write("set/val/a/2.txt", "1 1 2");
  folder_.write("set/val/b/3.txt", "1 1 3");
  const Words both = {"a test 2", "a train 1", "b test 3"};
  EXPECT_EQ(import({folder_.path() / "set"}).pictures, both);
  EXPECT_EQ(import({folder_.path() / "set/train", folder_.path() / "set/val"}).pictures, both);
  // with test/ it is neither; alone it is what was asked for
  folder_.write("set/test/a/4.txt", "1 1 4");
  EXPECT_EQ(import({folder_.path() / "set"}).pictures, (Words{"a test 4", "a train 1"}));
  EXPECT_EQ(import({folder_.path() / "set/val"}).pictures, (Words{"a test 2", "b test 3"}));
}

TEST_F(Import, LinksAreFollowedButNotInCircles) {
  folder_.write("set/a/1.txt", "1 1 1");
  fs::create_directory_symlink("..", folder_.path() / "set/a/up");
  EXPECT_EQ(import({folder_.path() / "set"}).pictures, Words{"a train 1"});
  folder_.write("store/deep/2.txt", "1 1 2");
  fs::create_directory_symlink("../store", folder_.path() / "set/b");
  fs::create_directory_symlink("../../set", folder_.path() / "store/deep/back");
  fs::create_symlink("../../store/deep/2.txt", folder_.path() / "set/a/3.txt");
  const Imported all = import({folder_.path() / "set"});
  EXPECT_EQ(all.pictures, (Words{"a train 1", "a train 2", "deep train 2"}));
  fs::create_directory_symlink("nowhere", folder_.path() / "set/c");
  EXPECT_EQ(import({folder_.path() / "set"}).left_out.size(), 1U);
  fs::remove_all(folder_.path() / "set/a");
  fs::remove(folder_.path() / "set/b");
  EXPECT_NE(failure(folder_.path() / "set").find("links that lead nowhere"), std::string::npos);
}

TEST_F(Import, LinksMayBeTextAsGitWritesThem) {
  folder_.write("store/cats/1.txt", "1 1 1");
  folder_.write("set/cat", "../store/cats");
  folder_.write("set/dog/2.txt", "../../store/cats/1.txt");
  folder_.write("set/loop", ".");
  folder_.write("set/note", "../store/cats\n");
  EXPECT_EQ(import({folder_.path() / "set"}).pictures, (Words{"cat train 1", "dog train 1"}));
  EXPECT_EQ(import({folder_.path() / "set/cat"}).pictures, Words{"cats train 1"});
  folder_.write("set/fox", "../store/foxes");
  EXPECT_EQ(import({folder_.path() / "set"}).left_out.size(), 1U);
}

TEST_F(Import, SaysWhatAFileIs) {
  const auto expect = [&](const char* name, std::string_view content, const char* message) {
    const std::string found = failure(folder_.write(name, content));
    EXPECT_NE(found.find(message), std::string::npos) << name << ": " << found;
  };
  using namespace std::string_view_literals;
  expect("a.h5", "\x89HDF\r\n\x1a\n"sv, "it is an HDF5 file (Reverie does not read HDF5: ");
  expect("a.npz", "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0a.npy"sv, "an .npz file");
  expect("a.prototxt", "layer { type: 'Data' }", "a net of Caffe");
  expect("notes.md", "# words", "it is a text file");
  expect("a.pkl", "\x80\x04\x95"sv, "the pickle is damaged or cut off");
  folder_.write("lmdb/data.mdb", "x");
  EXPECT_NE(failure(folder_.path() / "lmdb").find("it is an LMDB database"), std::string::npos);
  folder_.write("mat/batches.meta.mat", "MATLAB 5.0 MAT-file, ");
  EXPECT_NE(failure(folder_.path() / "mat").find("batches.meta.mat is a MATLAB file (Reverie does not"),
            std::string::npos);
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

void write_packed(const fs::path& path, const std::string& content) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
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

TEST_F(Import, CifarCompressed) {
  write_packed(folder_.path() / "data_batch_1.bin.gz", cifar_record(3, 10));
  EXPECT_EQ(import({folder_.path() / "data_batch_1.bin.gz"}).pictures, Words{"cat train 10"});
  EXPECT_EQ(import({folder_.path()}).pictures, Words{"cat train 10"});
  folder_.write("data_batch_1.bin", cifar_record(3, 11));
  EXPECT_EQ(import({folder_.path()}).pictures, Words{"cat train 11"});
  // with another name than its content
  fs::rename(folder_.path() / "data_batch_1.bin.gz", folder_.path() / "test_batch.bin");
  EXPECT_EQ(import({folder_.path() / "test_batch.bin"}).pictures, Words{"cat test 10"});
}

TEST_F(Import, CifarHundred) {
  const auto record = [](char coarse, char fine, char first) {
    std::string r(3074, '\1');
    r[0] = coarse;
    r[1] = fine;
    r[2] = first;
    return r;
  };
  folder_.write("hundred/train.bin", record(1, 99, 10) + record(2, 7, 11));
  folder_.write("hundred/test.bin", record(3, 8, 12));
  const fs::path folder = folder_.path() / "hundred";
  EXPECT_EQ(import({folder}).pictures, (Words{"7 train 11", "8 test 12", "99 train 10"}));
  std::string names;
  for (int i = 0; i < 100; ++i) names += fmt::format("n{}\r\n", i);
  folder_.write("hundred/fine_label_names.txt", names);
  EXPECT_EQ(import({folder}).pictures, (Words{"n7 train 11", "n8 test 12", "n99 train 10"}));
  write_archive(folder_.path() / "hundred.tar.gz",
                {{"h/test.bin", record(1, 5, 6)}, {"h/fine_label_names.txt", names}}, true);
  EXPECT_EQ(import({folder_.path() / "hundred.tar.gz"}).pictures, Words{"n5 test 6"});
  EXPECT_NE(failure(folder_.write("bad/train.bin", record(1, 100, 0))).find("record 0: its label is 100"),
            std::string::npos);
}

// As Python 2 wrote the files that are published, with the keys of CIFAR-10 or CIFAR-100.
std::string old_pickle(const std::string& key, const std::vector<int>& labels, const std::string& firsts) {
  using namespace std::string_literals;
  std::string s =
      "\x80\x02}q\x01(U\x04"
      "dataq\x02"
      "cnumpy.core.multiarray\n_reconstruct\nq\x03"
      "cnumpy\nndarray\nq\x04K\0"
      "\x85q\x05U\x01"
      "bq\x06\x87q\x07Rq\x08(K\x01K"s;
  s += static_cast<char>(firsts.size());
  s += "M\0\x0c\x86q\x09"
       "cnumpy\ndtype\nq\x0aU\x02u1K\0K\x01\x87q\x0bRq\x0c(K\x03U\x01|NNNJ\xff\xff\xff\xff"
       "J\xff\xff\xff\xffK\0tq\x0d"
       "b\x89T"s;
  const auto size = static_cast<uint32_t>(firsts.size() * 3072);
  for (int i = 0; i < 4; ++i) s += static_cast<char>(size >> (8 * i));
  for (const char first : firsts) s += first + std::string(3071, '\1');
  s += "tbU" + std::string(1, static_cast<char>(key.size())) + key + "q\x10]q\x11(";
  for (const int label : labels) s += {'K', static_cast<char>(label)};
  return s + "eu.";
}

TEST_F(Import, CifarOfPython) {
  folder_.write("py/data_batch_1", old_pickle("labels", {3, 0}, "\x0a\x0b"));
  folder_.write("py/test_batch", old_pickle("labels", {9}, "\x0c"));
  const fs::path folder = folder_.path() / "py";
  EXPECT_EQ(import({folder}).pictures, (Words{"airplane train 11", "cat train 10", "truck test 12"}));
  std::string meta = "\x80\x02}q\x01U\x0blabel_namesq\x02]q\x03(";
  for (char c = 'a'; c <= 'j'; ++c) meta += std::string("U\x01") + c;
  meta += "es.";
  folder_.write("py/batches.meta", meta);
  EXPECT_EQ(import({folder}).pictures, (Words{"a train 11", "d train 10", "j test 12"}));
  EXPECT_EQ(import({folder / "data_batch_1"}).pictures, (Words{"a train 11", "d train 10"}));
  write_archive(folder_.path() / "cifar-10-python.tar.gz",
                {{"c/data_batch_1", old_pickle("labels", {1}, "\x05")}, {"c/batches.meta", meta}}, true);
  EXPECT_EQ(import({folder_.path() / "cifar-10-python.tar.gz"}).pictures, Words{"b train 5"});

  folder_.write("hundred/train", old_pickle("fine_labels", {99}, "\x05"));
  folder_.write("hundred/test", old_pickle("fine_labels", {8}, "\x06"));
  EXPECT_EQ(import({folder_.path() / "hundred"}).pictures, (Words{"8 test 6", "99 train 5"}));

  EXPECT_NE(failure(folder_.write("bad/data_batch_1", old_pickle("labels", {1}, "\x05\x06")))
                .find("it has 2 pictures, but 1 labels"),
            std::string::npos);
  EXPECT_NE(
      failure(folder_.write("bad/data_batch_1", old_pickle("words", {1}, "\x05"))).find("no data and labels"),
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

TEST_F(Import, AFewOfEachLabelAreForTraining) {
  for (const char* picture : {"a/1", "a/2", "a/3", "b/1"}) {
    folder_.write(fmt::format("set/train/{}.txt", picture), std::string("1 1 ") + picture[2]);
    folder_.write(fmt::format("set/test/{}.txt", picture), std::string("1 1 ") + picture[2]);
  }
  ImportOptions few;
  few.per_label = 2;
  EXPECT_EQ(import({folder_.path() / "set"}, few).pictures,
            (Words{"a test 1", "a test 2", "a test 3", "a train 1", "a train 2", "b test 1", "b train 1"}));
}

TEST_F(Import, RecordSetsAreNoSource) {
  EXPECT_NE(failure(folder_.write("a.tfrecord", "")).find("already a record set"), std::string::npos);
  std::vector<uint8_t> record;
  const std::string label = "\x0a\x0f\x0a\x0d\x0a\x05label\x12\x04\x1a\x02\x08\x03";
  append_tfrecord(record, {reinterpret_cast<const uint8_t*>(label.data()), label.size()});
  const fs::path file = folder_.write("tfds", std::string(record.begin(), record.end()));
  EXPECT_NE(
      failure(file).find("record 0: it is an example of another kind, without raw, height, width, but with "
                         "label (import the pictures themselves: reverie data import"),
      std::string::npos)
      << failure(file);
}

}  // namespace
}  // namespace reverie
