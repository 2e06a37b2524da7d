// `reverie discover` by several processes, which come, go and die.
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// start RANK begins a process, whose messages are in said-RANK; hears RANK WORDS waits for some.
const std::string kBegin =
    "export WORLD_SIZE=3 MASTER_PORT=$((20000 + $$ % 20000)) XDG_CONFIG_HOME=$PWD\n"
    "start() { RANK=$1 '" REVERIE_COMMAND
    "' discover first-light -o found --size 32 --frames 300 --threads 1 2>>said-$1 & }\n"
    "hears() { i=0; until grep -q \"$2\" said-$1 || [ $((i += 1)) = 3000 ]; do sleep 0.02; done; }\n"
    "ends() { wait $2; echo $1 $?; }\n";

int count_of(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(DiscoverTogether, WhoIsKilledLosesItsTryAndMayJoinAgain) {
  const TestFolder folder("together");
  const Outcome o = shell(kBegin +
                              "start 1; one=$!; start 2; two=$!; start 0; zero=$!\n"
                              "hears 0 'process 1 has joined'; hears 0 'process 2 has joined'; sleep 2\n"
                              "kill -9 $two; hears 0 'process 2 is gone'\n"
                              "start 2; two=$!\n"
                              "until [ $(grep -c '2 has joined' said-0) = 2 ]; do sleep 0.1; done; sleep 2\n"
                              "kill -INT $zero; ends zero $zero; ends one $one; ends two $two",
                          folder.path());
  EXPECT_EQ(o.out, "zero 130\none 0\ntwo 0\n") << o.err;
  const std::string said = read_text_file(folder.file("said-0"));
  EXPECT_EQ(count_of(said, "is gone"), 1) << said;
  EXPECT_EQ(count_of(said, "has left"), 0) << said;
  EXPECT_NE(said.find("by other processes"), std::string::npos) << said;
  EXPECT_NE(read_text_file(folder.file("said-1")).find("the search is over: "), std::string::npos);
  EXPECT_TRUE(fs::exists(folder.path() / "found/map.html"));
  // one process goes on with what all have found
  const Outcome more = shell(
      "XDG_CONFIG_HOME=$PWD reverie discover -o found --resume --minutes 0.01 --threads 1", folder.path());
  EXPECT_EQ(more.status, 0) << more.err;
  EXPECT_EQ(more.err.find("process"), std::string::npos) << more.err;
}

TEST(DiscoverTogether, WithoutProcessZeroTheOthersEnd) {
  const TestFolder folder("alone");
  const Outcome o =
      shell(kBegin +
                "start 0; zero=$!; start 1; one=$!; start 2; two=$!\n"
                "hears 0 'process 1 has joined'; hears 0 'process 2 has joined'\n"
                "kill -INT $one; ends one $one; hears 0 'process 1 has left'\n"
                "kill -9 $zero; ends two $two; grep -c 'process 1 has left' said-0; grep 'is gone' said-2",
            folder.path());
  EXPECT_EQ(o.out, "one 130\ntwo 1\n1\nreverie: cannot go on with the search: process 0 is gone\n") << o.err;
}

// A network that saw what was found sorts another search, also in a process that has only been sent it.
TEST(DiscoverLearned, ANetworkOfFindsSortsTheNext) {
  const TestFolder folder("learned");
  const std::string small = " --size 32 --frames 120 --threads 1 -q";
  const Outcome learned =
      shell("reverie discover first-light -o found --tries 5" + small +
                " && reverie data import found/found-*.jpg --tiles 16x1 -o finds.tfrecord -q && reverie "
                "train vae-finds "
                "--data finds.tfrecord --set iterations=3 -o run -q && reverie discover first-light -o a "
                "--describe run "
                "--tries 6" +
                small + " && reverie discover first-light -o b --describe run --tries 6" + small +
                " && diff -r a b && grep -h '^[xy] =\\|^codes = [0-9]' a/search.toml",
            folder.path());
  EXPECT_EQ(learned.out, "run/model.safetensors\nx = \"code-1\"\ny = \"code-2\"\ncodes = 2\n") << learned.err;
  // A search may be over before the other process has ended a try: then a longer one goes on.
  const Outcome others = shell(
      "rm -r run\nexport WORLD_SIZE=2 MASTER_PORT=$((20000 + $$ % 20000))\n"
      "for tries in 40 160 640; do\n"
      "RANK=1 reverie discover -o none --threads 1 & one=$!\n"
      "RANK=0 reverie discover -o a --resume --tries $tries --threads 1 2>said || echo zero $?\n"
      "wait $one || echo one $?\n"
      "! grep 'by other processes' said || break\n"
      "done",
      folder.path());
  EXPECT_NE(others.out.find("by other processes"), std::string::npos) << others.out << others.err;
  EXPECT_EQ(count_of(others.out, "zero") + count_of(others.out, "one"), 0) << others.out << others.err;
  const Outcome grid =
      shell("reverie discover -o c --describe '" + fs::absolute("models/mogrify.safetensors").string() + "'",
            folder.path());
  EXPECT_EQ(grid.status, 1);
  EXPECT_NE(grid.err.find("must be a VAE with one code vector"), std::string::npos) << grid.err;
}

}  // namespace
}  // namespace reverie
