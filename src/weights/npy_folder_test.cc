#include "weights/npy_folder.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "weights/npy.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

TEST(NpyFolder, GivesBackWhatItTook) {
  const TemporaryFolder folder;
  TensorFile file;
  file.tensors["fire2/conv.weight"] = {{2, 1}, {1, 2}};
  file.tensors["../up"] = {{}, {3}};
  file.tensors[".hidden"] = {{0}, {}};
  file.tensors["50%2F \xc3\xa9"] = {{1}, {4}};
  const fs::path out = folder.path() / "made/on the way";
  write_npy_folder(out, file);
  EXPECT_TRUE(fs::exists(out / "fire2%2Fconv.weight.npy"));
  EXPECT_FALSE(fs::exists(out / "../up.npy"));
  const TensorFile again = read_npy_folder(out);
  ASSERT_EQ(again.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(again.get(name).shape, tensor.shape) << name;
    EXPECT_EQ(again.get(name).data, tensor.data) << name;
  }
  // no other file is left
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "made"), fs::directory_iterator()), 1);
}

TEST(NpyFolder, AFullFolderIsLeftAlone) {
  const TemporaryFolder folder;
  folder.write("full/thing", "x");
  fs::create_directories(folder.path() / "empty");
  TensorFile file;
  file.tensors["a"] = {{1}, {1}};
  EXPECT_NE(message_of([&] { write_npy_folder(folder.path() / "full/", file); }).find("not empty"),
            std::string::npos);
  EXPECT_NE(message_of([&] { write_npy_folder(folder.path() / "full/thing", file); }).find("already exists"),
            std::string::npos);
  write_npy_folder(folder.path() / "empty/", file);
  EXPECT_EQ(read_npy_folder(folder.path() / "empty").tensors.size(), 1U);
}

TEST(NpyFolder, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  TensorFile file;
  file.tensors["a"] = {{1}, {1}};
  file.tensors["b"] = {{2}, {1}};
  EXPECT_THROW(write_npy_folder(folder.path() / "out", file), Error);
  file.tensors["b"] = {{1}, {1}};
  file.tensors[std::string(300, 'n')] = {{1}, {1}};
  EXPECT_NE(message_of([&] { write_npy_folder(folder.path() / "out", file); }).find("not a valid file name"),
            std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(NpyFolder, OrdersTheFiltersOf2015) {
  const TemporaryFolder folder;
  const auto save = [&](const char* name, const Tensor& t) { write_npy(folder.path() / name, t); };
  // [out, y, x, in]: two filters of 1 x 2 over three channels
  save("encode1-filters.npy", {{2, 1, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}});
  save("encode1-biases.npy", {{2}, {1, 2}});
  save("decode1-filters.npy", {{3, 1, 1, 2}, {0, 1, 2, 3, 4, 5}});
  save("decode1-biases.npy", {{3}, {1, 2, 3}});
  save("other.npy", {{1}, {1}});
  EXPECT_TRUE(is_npy_hourglass(folder.path()));
  const TensorFile file = read_npy_folder(folder.path());
  EXPECT_EQ(file.tensors.size(), 4U);
  EXPECT_EQ(file.get("encode1.weight", {2, 3, 1, 2}).data,
            (std::vector<float>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  EXPECT_EQ(file.get("decode1.weight", {2, 3, 1, 1}).data, (std::vector<float>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(file.get("decode1.bias", {3}).data, (std::vector<float>{1, 2, 3}));
  save("encode1-filters.npy", {{6}, {1, 2, 3, 4, 5, 6}});
  EXPECT_NE(
      message_of([&] { read_npy_folder(folder.path()); }).find("is not that of filters [out, y, x, in]"),
      std::string::npos);
}

TEST(NpyFolder, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_NE(message_of([&] { read_npy_folder(folder.path() / "nothing"); }).find("nothing"),
            std::string::npos);
  EXPECT_NE(message_of([&] { read_npy_folder(folder.path()); }).find("no .npy file"), std::string::npos);
  folder.write("a.npy", "no array");
  EXPECT_NE(message_of([&] { read_npy_folder(folder.path()); }).find("a.npy"), std::string::npos);
}

}  // namespace
}  // namespace reverie
