// What ./run and ./test ask of Debian's packager (cmake/prepare.sh), with stand-ins for its commands.
#include <gtest/gtest.h>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

class Packages : public ::testing::Test {
 protected:
  Packages() {
    fs::create_directories(folder_.path() / "bin");
    command("id", "echo 0");
    command("dpkg-query", "sed 's/^/installed /' '" + folder_.file("there") + "'");
    command("apt-get", "echo \"$*\" >>'" + folder_.file("asked") + "'");
    std::string all = read_text_file(root() / "packages.txt");
    set_there(all);
  }

  static fs::path root() {
    const char* set = std::getenv("REVERIE_ROOT");  // NOLINT(concurrency-mt-unsafe)
    return set ? fs::path(set) : fs::current_path();
  }

  void command(const std::string& name, const std::string& does) {
    const std::string file = folder_.file("bin/" + name);
    write_file(file, "#!/bin/sh\n" + does + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }

  // All of packages.txt but `lacks`, and `besides`.
  void set_there(std::string list, const std::string& lacks = "", const std::string& besides = "") {
    if (!lacks.empty()) list.replace(list.find(lacks + "\n"), lacks.size() + 1, "");
    write_file(folder_.file("there"), list + besides);
  }
  void lacking(const std::string& package, const std::string& besides = "") {
    set_there(read_text_file(root() / "packages.txt"), package, besides);
  }

  Outcome prepare() {
    return shell("PATH='" + folder_.file("bin") + "':$PATH bash -c 'set -euo pipefail; top=\"" +
                 root().string() + "\"; . \"$top/cmake/prepare.sh\"; prepare_packages'");
  }
  std::string asked() {
    return fs::exists(folder_.file("asked")) ? read_text_file(folder_.file("asked")) : std::string();
  }

 private:
  static void write_file(const std::string& file, const std::string& text) {
    FILE* f = std::fopen(file.c_str(), "w");
    ASSERT_NE(f, nullptr);
    std::fputs(text.c_str(), f);
    std::fclose(f);
  }
  TestFolder folder_{"packages"};
};

TEST_F(Packages, NothingIsAskedWhereAllIsThere) {
  EXPECT_EQ(prepare().status, 0);
  EXPECT_EQ(asked(), "");
}

TEST_F(Packages, WhatWasRemovedSinceIsInstalledAgain) {
  ASSERT_EQ(prepare().status, 0);
  lacking("liblo-dev");
  const Outcome o = prepare();
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "installing: liblo-dev\n");
  EXPECT_NE(asked().find(" liblo-dev\n"), std::string::npos) << asked();
}

TEST_F(Packages, NothingIsEverRemoved) {
  lacking("librtmidi-dev");
  EXPECT_EQ(prepare().status, 0);
  EXPECT_NE(asked().find("--no-remove"), std::string::npos) << asked();
  EXPECT_EQ(asked().find("jack"), std::string::npos) << asked();
}

TEST_F(Packages, TheJackThatIsThereStays) {
  lacking("librtmidi-dev", "jackd2\nlibjack-jackd2-0\n");
  EXPECT_EQ(prepare().status, 0);
  EXPECT_NE(asked().find("librtmidi-dev libjack-jackd2-dev\n"), std::string::npos) << asked();
}

TEST_F(Packages, WhatCannotBeHadIsNamed) {
  lacking("libtorch-dev");
  command("apt-get", "case \"$*\" in *libtorch-dev*) exit 100 ;; esac");
  const Outcome o = prepare();
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("nothing was removed"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("  libtorch-dev: cannot be had"), std::string::npos) << o.err;
}

}  // namespace
}  // namespace reverie
