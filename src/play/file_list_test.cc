#include "play/file_list.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/test_help.h"

namespace reverie {
namespace {

class FileListTest : public testing::Test {
 protected:
  FileListTest() {
    setenv("XDG_STATE_HOME", (folder_.path() / "state").c_str(), 1);
    for (const char* name : {"clips/b10.mp4", "clips/b9.MKV", "clips/notes.txt", "clips/.hidden.mp4",
                             "clips/more/a.gif", "other/c.png"})
      folder_.write(name, "x");
  }
  ~FileListTest() override { unsetenv("XDG_STATE_HOME"); }

  static std::vector<std::string> names(const FileList& list) {
    std::vector<std::string> all;
    for (const FileList::Entry& e : list.entries()) all.push_back(e.name + (e.folder ? "/" : ""));
    return all;
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  TemporaryFolder folder_;
};

TEST_F(FileListTest, HasFoldersAndWhatMayBeAnInput) {
  FileList list(file("clips/b9.MKV"));
  EXPECT_EQ(names(list), (std::vector<std::string>{"more/", "b9.MKV", "b10.mp4"}));
  list.enter("more");
  EXPECT_EQ(names(list), std::vector<std::string>{"a.gif"});
  EXPECT_EQ(list.path(list.entries()[0]), std::filesystem::canonical(file("clips/more/a.gif")));
  list.leave();
  list.leave();
  EXPECT_EQ(names(list), (std::vector<std::string>{"clips/", "other/"}));
  list.enter("nowhere");
  EXPECT_NE(list.trouble(), "");
  EXPECT_TRUE(list.entries().empty());
}

TEST_F(FileListTest, BeginsWhereTheLastOneWas) {
  FileList(file("other/c.png")).remember();
  EXPECT_EQ(names(FileList(file("clips/b9.MKV"))), std::vector<std::string>{"c.png"});
  std::filesystem::remove_all(file("other"));
  EXPECT_EQ(names(FileList(file("clips/b9.MKV"))).size(), 3U);
  EXPECT_NE(FileList("camera:0").folder(), "") << "of no file: the current folder";
}

}  // namespace
}  // namespace reverie
