// Tests `reverie convert` from outside: between Caffe's files, safetensors and folders of .npy files.
#include <fmt/format.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNet = R"(
layer { name: "d" type: "Data" top: "data" data_param { batch_size: 10 } }
layer { name: "up" type: "Convolution" bottom: "data" top: "up"
  convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "pool" type: "Pooling" bottom: "up" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "down" type: "Deconvolution" bottom: "pool" top: "down"
  convolution_param { num_output: 3 kernel_size: 2 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "down" bottom: "data" }
)";
constexpr const char* kSolver =
    "net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 50 display: 5\n";

void write(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}
std::string bytes_of(const std::string& file) {
  return read_text_file(file);
}
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& e : fs::directory_iterator(folder)) names.push_back(e.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}
int lines(const std::string& s) {
  return static_cast<int>(std::count(s.begin(), s.end(), '\n'));
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A safetensors file with the blobs of kNet, by layer name.
std::string toy_weights() {
  const std::string header = R"({"down.bias":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                             R"("down.weight":{"dtype":"F32","shape":[2,3,2,2],"data_offsets":[12,108]},)"
                             R"("up.bias":{"dtype":"F32","shape":[2],"data_offsets":[108,116]},)"
                             R"("up.weight":{"dtype":"F32","shape":[2,3,1,1],"data_offsets":[116,140]}})";
  std::string s(8, '\0');
  for (size_t i = 0; i < 8; ++i) s[i] = static_cast<char>(header.size() >> (8 * i));
  s += header;
  for (int i = 0; i < 35; ++i) {
    const float v = 0.125F * static_cast<float>(i - 17);
    s.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  return s;
}

struct Toy {
  explicit Toy(const std::string& name) : folder(name) {
    write(folder.file("net.prototxt"), kNet);
    write(folder.file("solver.prototxt"), kSolver);
    write(folder.file("toy.safetensors"), toy_weights());
  }
  Outcome run(const std::string& line) const { return shell(line, folder.path()); }
  TestFolder folder;
};

TEST(Convert, HasHelpWithExamples) {
  const Outcome o = shell("reverie convert --help");
  EXPECT_EQ(o.status, 0);
  EXPECT_TRUE(has(o.out, "Examples:") && has(o.out, "net.prototxt net.caffemodel")) << o.out;
}

TEST(Convert, WeightsComeBackTheSame) {
  const Toy toy("convert-round");
  const Outcome o = toy.run(
      "reverie convert toy.safetensors -o a.caffemodel && reverie convert a.caffemodel -o b.safetensors &&"
      "reverie convert b.safetensors -o npy/ && reverie convert npy -o c.safetensors &&"
      "reverie convert c.safetensors -o d.caffemodel && cmp a.caffemodel d.caffemodel &&"
      "cmp b.safetensors c.safetensors");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "a.caffemodel: 4 tensors, 35 values")) << o.err;
  const std::string original = toy_weights();
  const std::string back = bytes_of(toy.folder.file("c.safetensors"));
  EXPECT_EQ(back.substr(back.size() - 140), original.substr(original.size() - 140));
  EXPECT_EQ(names_in(toy.folder.path() / "npy").size(), 4U);
}

TEST(Convert, HalfPrecisionIsHalfTheSizeAndKeepsElevenBits) {
  const Toy toy("convert-half");
  const Outcome o = toy.run(
      "mkdir run && cp toy.safetensors run/model.safetensors && reverie convert run -o half.safetensors "
      "--half && "
      "reverie convert half.safetensors -o again.safetensors");
  EXPECT_EQ(o.status, 0) << o.err;
  const auto bytes = [&](const char* name) { return bytes_of(toy.folder.file(name)); };
  const auto size = [&](const char* name) { return static_cast<double>(bytes(name).size()); };
  EXPECT_NEAR(size("again.safetensors") - size("half.safetensors"), 35 * 2, 16)
      << "and what fills the header";
  const auto numbers = [&](const char* name) {
    const std::string file = bytes(name);
    std::vector<float> all(35);
    std::memcpy(all.data(), file.data() + file.size() - 140, 140);
    return all;
  };
  const std::vector<float> whole = numbers("toy.safetensors");
  const std::vector<float> kept = numbers("again.safetensors");
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(kept[i], whole[i], std::abs(whole[i]) / 2048) << i;
  EXPECT_TRUE(has(toy.run("reverie convert run -o a.caffemodel --half").err, "--half is of .safetensors"));
  std::string large = bytes("toy.safetensors");
  constexpr float kTooLarge = 70000;
  std::memcpy(large.data() + large.size() - 4, &kTooLarge, 4);
  write(toy.folder.file("large.safetensors"), large);
  // what is too large for half precision stays as it is
  EXPECT_EQ(toy.run("reverie convert large.safetensors -o b.safetensors --half && reverie convert "
                    "b.safetensors -o again.safetensors")
                .status,
            0);
  EXPECT_LT(size("b.safetensors"), size("large.safetensors"));
  EXPECT_EQ(numbers("again.safetensors").back(), kTooLarge);
}

TEST(Convert, ANetMakesAModelThatPlays) {
  const Toy toy("convert-model");
  Outcome o =
      toy.run("reverie convert net.prototxt toy.safetensors -o m.safetensors && reverie info m.safetensors");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "an hourglass: pool_size 2")) << o.err;
  for (const char* part : {"family = hourglass", "activation = linear", "encode1.weight", "decode1.bias"})
    EXPECT_TRUE(has(o.out, part)) << part << "\n" << o.out;
  o = toy.run(
      "reverie render smoke --set weights=m.safetensors --set levels=1 --size 32x32 --frames 3 -q -o a.mp4");
  EXPECT_EQ(o.status, 0) << o.err;
  // what the weights do not say lies beside them, and comes back
  o = toy.run(
      "reverie convert m.safetensors -o m.caffemodel && reverie convert m.caffemodel -o n.safetensors && "
      "cmp m.safetensors n.safetensors");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "beside it m.prototxt, m.toml")) << o.err;
  EXPECT_FALSE(has(o.err, "cannot store")) << o.err;
}

TEST(Convert, ANetAndItsSolverMakeARecipe) {
  const Toy toy("convert-recipe");
  const Outcome o = toy.run("reverie convert solver.prototxt net.prototxt -o recipe.toml");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "ignored, with no effect on what is learned: display")) << o.err;
  const std::string recipe = bytes_of(toy.folder.file("recipe.toml"));
  for (const char* part :
       {"channels = [2]", "solver = \"sgd\"", "iterations = 50", "rate_policy = \"constant\""})
    EXPECT_TRUE(has(recipe, part)) << part << "\n" << recipe;
}

TEST(Convert, WhatCannotBeDoneIsOneLineAndLeavesNothing) {
  const Toy toy("convert-cannot");
  EXPECT_EQ(toy.run("reverie convert toy.safetensors -o good.caffemodel").status, 0);
  const std::string good = bytes_of(toy.folder.file("good.caffemodel"));
  write(toy.folder.file("cut.caffemodel"), good.substr(0, good.size() - 5));
  write(toy.folder.file("text.caffemodel"), kNet);
  write(toy.folder.file("deep.prototxt"), std::string(100'000, '['));
  write(toy.folder.file("odd.prototxt"),
        std::string(kNet) + "layer { name: 'lrn' type: 'LRN' bottom: 'data' }");
  write(toy.folder.file("poly.prototxt"), "base_lr: 1 lr_policy: 'poly' max_iter: 5");
  write(toy.folder.file("full"), "x");
  const std::vector<std::string> before = names_in(toy.folder.path());
  struct Case {
    std::string words, answer;
    int status;
  };
  const std::vector<Case> cases = {
      {"cut.caffemodel -o x.safetensors", "cut.caffemodel: it is cut off or damaged after 1 layers", 1},
      {"text.caffemodel -o x.safetensors", "it is a net of Caffe (.prototxt), not Caffe's weights", 1},
      {"nothing.caffemodel -o x.safetensors", "nothing.caffemodel", 1},
      {"net.txt -o x.safetensors", "it is not a .caffemodel", 1},
      {"deep.prototxt toy.safetensors -o x.safetensors", "deep.prototxt: line 1: brackets nest deeper", 1},
      {"odd.prototxt toy.safetensors -o x.safetensors", "layer 'lrn' (LRN): it has no place in an hourglass",
       1},
      {"net.prototxt poly.prototxt -o x.toml", "the lr_policy is 'poly'", 1},
      {"toy.safetensors -o full/", "it already exists", 1},
      {"toy.safetensors -o toy.safetensors", "is also an input", 2},
      {"toy.safetensors -o ./toy.safetensors", "is also an input", 2},
      {"toy.safetensors -o x.pth", ".caffemodel", 2},
      {"toy.safetensors -o x.safetensors --set pool=mean", "toy.safetensors is no hourglass", 1},
      {"toy.safetensors -o x.safetensors --set pols=mean", "KEY one of pool_size", 2},
      {"toy.safetensors -o x.toml", "NET.prototxt SOLVER.prototxt", 2},
      {"net.prototxt -o x.safetensors", "no weights among the inputs", 2},
      {"net.prototxt solver.prototxt -o x.safetensors", "-o RECIPE.toml", 2},
      {"net.prototxt net.prototxt -o x.toml", "of the same kind", 2},
      {"toy.safetensors", "--output", 2},
      {"-o x.safetensors", "input", 2},
  };
  for (const Case& c : cases) {
    const Outcome o = toy.run("reverie convert " + c.words);
    EXPECT_EQ(o.status, c.status) << c.words << "\n" << o.err;
    EXPECT_EQ(lines(o.err), 1) << c.words << "\n" << o.err;
    EXPECT_TRUE(has(o.err, c.answer)) << c.words << "\n" << o.err;
  }
  EXPECT_EQ(names_in(toy.folder.path()), before);
}

TEST(Convert, FilesAreKnownByWhatTheyHold) {
  const Toy toy("convert-kinds");
  // compressed, and under other names
  Outcome o = toy.run(
      "gzip -k toy.safetensors net.prototxt solver.prototxt && cp net.prototxt net.txt && "
      "reverie convert toy.safetensors.gz -o a.safetensors && "
      "reverie convert net.txt solver.prototxt.gz -o a.toml && "
      "reverie convert net.prototxt.gz solver.prototxt -o b.toml && cmp a.toml b.toml");
  EXPECT_TRUE(has(o.out + o.err, "a.toml b.toml differ")) << o.err;  // in the name that about tells
  EXPECT_TRUE(fs::exists(toy.folder.file("a.safetensors")));
  // good files of other kinds
  o = toy.run(
      "printf '\\211HDF\\r\\n\\032\\n' >a.caffemodel.h5; cp a.caffemodel.h5 a.caffemodel; "
      "printf '\\200\\002}.' >a.pt; printf 'PAR1' >a.safetensors");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"convert a.caffemodel.h5 -o x.safetensors", "it is an HDF5 file"},
      {"convert a.caffemodel -o x.safetensors", "it is an HDF5 file"},
      {"convert a.pt -o x.safetensors", "it is a Python pickle"},
      {"convert a.safetensors -o x", "it is a Parquet file"},
      {"render smoke --frames 1 -o x.mp4 --set weights=a.pt", "it is a Python pickle"},
      {"render veil --frames 1 -o x.mp4 --input a.caffemodel.h5", "it is an HDF5 file"},
      {"data show net.prototxt", "it is a net of Caffe"},
      {"data import a.caffemodel.h5 -o x.tfrecord", "it is an HDF5 file"},
  };
  for (const auto& [words, answer] : cases) {
    o = toy.run("reverie " + words);
    EXPECT_EQ(o.status, 1) << words;
    EXPECT_EQ(lines(o.err), 1) << words << o.err;
    EXPECT_TRUE(has(o.err, answer)) << words << o.err;
  }
  // PyTorch's state files, of both forms
  const std::string state = "$REVERIE_ROOT/tests/fuzz/corpus/pth/";
  o = toy.run("reverie info " + state + "valid-old.pth && reverie convert " + state +
              "valid-zip.pth -o state.safetensors && reverie info state.safetensors");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.out, "PyTorch weights, 2 tensors") && has(o.out, "safetensors, 3 tensors")) << o.out;
  o = toy.run("reverie info " + state + "broken-call.pth");
  EXPECT_EQ(o.status, 1);
  EXPECT_EQ(lines(o.err), 1) << o.err;
  // info tells what is there
  o = toy.run(
      "reverie info a.caffemodel.h5 && reverie info solver.prototxt && reverie info toy.safetensors.gz");
  EXPECT_EQ(o.status, 0) << o.err;
  for (const char* part : {"an HDF5 file", "a solver of Caffe", "down.bias"})
    EXPECT_TRUE(has(o.out, part)) << o.out;
}

TEST(Convert, TheRealFiles) {
  if (data_folder().empty()) GTEST_SKIP() << "no ../shared/data";
  const TestFolder folder("convert-real");
  const std::string caffe = (data_folder() / "caffe").string();
  const std::string squeeze = (data_folder() / "squeezenet").string();
  Outcome o =
      shell(fmt::format("reverie convert '{0}/hourglass6.prototxt' '{0}/hourglass6.caffemodel' -o "
                        "m.safetensors && reverie convert '{0}/hourglass6.caffemodel' -o 1.safetensors &&"
                        "reverie convert 1.safetensors -o npy && reverie convert npy -o 2.safetensors &&"
                        "reverie convert 2.safetensors -o 3.caffemodel && reverie convert 3.caffemodel -o "
                        "4.safetensors && cmp 1.safetensors 2.safetensors && cmp 1.safetensors 4.safetensors",
                        caffe),
            folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  for (const char* weights : {"m.safetensors", "npy", "1.safetensors"}) {
    o = shell(
        fmt::format("reverie render veil --input test:testsrc --set weights={0} --set levels=1 --size 64x64 "
                    "--frames 5 -q -o {0}.png-%d.png",
                    weights),
        folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
  }
  EXPECT_EQ(bytes_of(folder.file("m.safetensors.png-4.png")), bytes_of(folder.file("npy.png-4.png")));
  o = shell(
      fmt::format("reverie convert '{0}/SqueezeNet_deploy.prototxt' '{0}/squeezenet_v1.0.caffemodel' -o "
                  "s.safetensors",
                  squeeze),
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "52 tensors, 1248424 values")) << o.err;
}

}  // namespace
}  // namespace reverie
