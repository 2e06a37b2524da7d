#include "models/torchvision/torchvision.h"

#include <gtest/gtest.h>
#include <torch/csrc/api/include/torch/serialize.h>

#include <fstream>

#include "core/test_help.h"
#include "models/family.h"
#include "models/torchvision/state_test_help.h"
#include "weights/pth.h"
#include "weights/pth_test_help.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

struct Expected {
  const char* layer;
  int64_t channels, side;
  int64_t receptive = 0;  // 0: not compared
  double step = 0;
};

LayerInfo info_of(const Model& model, const std::string& layer, int64_t side) {
  for (const LayerInfo& info : model.layers(side, side)) {
    if (info.name == layer) return info;
  }
  ADD_FAILURE() << "no layer " << layer;
  return {};
}

// Layers at the size of training; then forward and backward at a small one.
void check(const TensorFile& file, const std::vector<Expected>& expected, int64_t small = 80) {
  const std::unique_ptr<Model> model = model_from_tensors(file);
  EXPECT_EQ(model->family(), "torchvision");
  std::vector<std::string> names;
  for (const Expected& e : expected) {
    const LayerInfo info = info_of(*model, e.layer, model->trained_side());
    EXPECT_EQ(info.channels, e.channels) << e.layer;
    EXPECT_EQ(info.height, e.side) << e.layer;
    EXPECT_EQ(info.width, e.side) << e.layer;
    if (e.receptive > 0) {
      EXPECT_EQ(info.receptive, e.receptive) << e.layer;
    }
    if (e.step > 0) {
      EXPECT_EQ(info.step, e.step) << e.layer;
    }
    names.emplace_back(e.layer);
  }
  torch::manual_seed(2);
  const torch::Tensor x =
      apply(model->input, torch::rand({1, 3, small, small}) * 255).detach().requires_grad_();
  const std::vector<torch::Tensor> out = model->forward(x, names);
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_TRUE(torch::isfinite(out[i]).all().item<bool>()) << names[i];
    EXPECT_EQ(out[i].size(1), expected[i].channels) << names[i];
    EXPECT_EQ(out[i].size(2), info_of(*model, names[i], small).height) << names[i];
  }
  out.back().square().mean().backward();
  EXPECT_GT(x.grad().abs().sum().item<double>(), 0);
}

TEST(Torchvision, AlexNet) {
  check(states::alexnet(0), {{"features.0", 64, 55, 11, 4},
                             {"features.3", 192, 27},
                             {"features.10", 256, 13},
                             {"features.12", 256, 6, 195, 32}});
  const auto model = model_from_tensors(states::alexnet(10));
  EXPECT_EQ(model->scores_layer(), "classifier.6");
  EXPECT_FALSE(model->input.bgr);
  EXPECT_EQ(info_of(*model, "classifier.6", 224).channels, 10);
}

TEST(Torchvision, Vgg) {
  check(states::vgg16(), {{"relu1_2", 64, 224, 5},
                          {"relu4_3", 512, 28},
                          {"features.29", 512, 14, 196, 16},
                          {"pool5", 512, 7, 212, 32}});
  check(states::vgg19(), {{"features.1", 64, 224},
                          {"relu4_4", 512, 28},
                          {"features.35", 512, 14, 252, 16},
                          {"pool5", 512, 7, 268, 32}});
  check(states::vgg16_bn(), {{"features.1", 64, 224}, {"relu5_3", 512, 14, 196, 16}, {"pool5", 512, 7}});
}

TEST(Torchvision, GoogLeNet) {
  check(states::googlenet(7), {{"conv1", 64, 112, 7, 2},
                               {"maxpool1", 64, 56},
                               {"maxpool2", 192, 28},
                               {"inception3a", 256, 28},
                               {"inception3b", 480, 28},
                               {"inception4a", 512, 14},
                               {"inception4c.branch2.1.conv", 256, 14},
                               {"inception4c", 512, 14},
                               {"inception4d", 528, 14},
                               {"inception4e", 832, 14},
                               {"inception5a", 832, 7},
                               {"inception5b", 1024, 7, 0, 32}});
}

TEST(Torchvision, Inception) {
  check(states::inception(7), {{"Conv2d_1a_3x3", 32, 149, 3, 2},
                               {"Conv2d_2b_3x3", 64, 147},
                               {"Conv2d_4a_3x3", 192, 71},
                               {"Mixed_5b", 256, 35},
                               {"Mixed_5c", 288, 35},
                               {"Mixed_5d", 288, 35},
                               {"Mixed_6a", 768, 17},
                               {"Mixed_6b.branch7x7_2.conv", 128, 17},
                               {"Mixed_6e", 768, 17},
                               {"Mixed_7a", 1280, 8},
                               {"Mixed_7b", 2048, 8},
                               {"Mixed_7c", 2048, 8, 1311, 32}});
}

TEST(Torchvision, ResNet) {
  check(states::resnet(false, {2, 2, 2, 2}, 5), {{"maxpool", 64, 56, 11, 4},
                                                 {"layer1.1", 64, 56},
                                                 {"layer3.0.downsample.0", 256, 14},
                                                 {"layer4.1", 512, 7, 435, 32}});
  check(states::resnet(true, {3, 4, 6, 3}, 0), {{"layer1", 256, 56},
                                                {"layer2.3", 512, 28},
                                                {"layer3", 1024, 14},
                                                {"layer4.0.conv2", 512, 7},
                                                {"layer4.2", 2048, 7, 427, 32}});
}

TEST(Torchvision, SqueezeNet) {
  check(states::squeezenet(false, 10), {{"features.0", 96, 109, 7, 2},
                                        {"features.2", 96, 54},
                                        {"features.5", 256, 54},
                                        {"features.6", 256, 27},
                                        {"features.10", 512, 27},
                                        {"features.12", 512, 13, 0, 16}});
  check(states::squeezenet(true, 10), {{"features.0", 64, 111, 3, 2},
                                       {"features.4.squeeze", 16, 55},
                                       {"features.4", 128, 55},
                                       {"features.7", 256, 27},
                                       {"features.12", 512, 13, 0, 16}});
  const auto model = model_from_tensors(states::squeezenet(true, 10));
  EXPECT_EQ(model->scores_layer(), "scores");
  EXPECT_EQ(model->forward(torch::rand({2, 3, 64, 64}), {"scores"})[0].sizes().vec(),
            (std::vector<int64_t>{2, 10}));
}

// The same blocks as torchvision's own code computes them, in float64.
class Plain {
 public:
  Plain(const TensorFile& file, double epsilon) : file_(file), epsilon_(epsilon) {}

  torch::Tensor convolve(const std::string& name, const torch::Tensor& x, int64_t stride, int64_t pad) const {
    return torch::conv2d(x, get(name + ".weight"), {}, stride, pad);
  }
  torch::Tensor norm(const std::string& name, const torch::Tensor& x) const {
    return torch::batch_norm(x, get(name + ".weight"), get(name + ".bias"), get(name + ".running_mean"),
                             get(name + ".running_var"), false, 0, epsilon_, false);
  }
  torch::Tensor basic(const std::string& name, const torch::Tensor& x, int64_t stride, int64_t pad) const {
    return torch::relu(norm(name + ".bn", convolve(name + ".conv", x, stride, pad)));
  }

 private:
  torch::Tensor get(const std::string& name) const { return from_plain(file_.get(name)).to(torch::kFloat64); }
  const TensorFile& file_;
  double epsilon_;
};

void expect_close(const torch::Tensor& a, const torch::Tensor& b) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_LT((a.to(torch::kFloat64) - b).abs().max().item<double>(),
            1e-4 * std::max(1.0, b.abs().max().item<double>()));
}

TEST(Torchvision, ComputesAResidualBlock) {
  torch::manual_seed(1);
  const TensorFile file = states::resnet(false, {1, 1, 1, 1}, 0);
  const auto model = model_from_tensors(file);
  const Plain p(file, 1e-5);
  const torch::Tensor x = torch::rand({1, 3, 61, 47}, torch::kFloat64) * 4 - 2;
  torch::Tensor y = torch::max_pool2d(torch::relu(p.norm("bn1", p.convolve("conv1", x, 2, 3))), 3, 2, 1);
  for (const int stage : {1, 2}) {
    const std::string name = "layer" + std::to_string(stage) + ".0";
    const torch::Tensor inner = torch::relu(p.norm(name + ".bn1", p.convolve(name + ".conv1", y, stage, 1)));
    const torch::Tensor around =
        stage == 1 ? y : p.norm(name + ".downsample.1", p.convolve(name + ".downsample.0", y, 2, 0));
    y = torch::relu(p.norm(name + ".bn2", p.convolve(name + ".conv2", inner, 1, 1)) + around);
  }
  expect_close(model->forward(x.to(torch::kFloat32), {"layer2.0"})[0], y);
}

TEST(Torchvision, ComputesInceptionBlocks) {
  torch::manual_seed(1);
  const TensorFile file = states::googlenet(3);
  const Plain p(file, 1e-3);
  const torch::Tensor x = torch::rand({1, 3, 70, 90}, torch::kFloat64) * 2 - 1;
  const auto pool = [](const torch::Tensor& t) { return torch::max_pool2d(t, 3, 2, 0, 1, true); };
  torch::Tensor y = pool(p.basic("conv1", x, 2, 3));
  y = pool(p.basic("conv3", p.basic("conv2", y, 1, 0), 1, 1));
  const std::string a = "inception3a.branch";
  const torch::Tensor want =
      torch::cat({p.basic(a + "1", y, 1, 0), p.basic(a + "2.1", p.basic(a + "2.0", y, 1, 0), 1, 1),
                  p.basic(a + "3.1", p.basic(a + "3.0", y, 1, 0), 1, 1),
                  p.basic(a + "4.1", torch::max_pool2d(y, 3, 1, 1, 1, true), 1, 0)},
                 1);
  const auto model = model_from_tensors(file);
  expect_close(model->forward(x.to(torch::kFloat32), {"inception3a"})[0], want);

  const TensorFile third = states::inception(3);
  const Plain q(third, 1e-3);
  const torch::Tensor z = q.basic("Conv2d_2a_3x3", q.basic("Conv2d_1a_3x3", x, 2, 0), 1, 0);
  torch::Tensor v = torch::max_pool2d(q.basic("Conv2d_2b_3x3", z, 1, 1), 3, 2);
  v = torch::max_pool2d(q.basic("Conv2d_4a_3x3", q.basic("Conv2d_3b_1x1", v, 1, 0), 1, 0), 3, 2);
  const std::string m = "Mixed_5b.branch";
  const torch::Tensor triple = q.basic(m + "3x3dbl_2", q.basic(m + "3x3dbl_1", v, 1, 0), 1, 1);
  const torch::Tensor mixed = torch::cat(
      {q.basic(m + "1x1", v, 1, 0), q.basic(m + "5x5_2", q.basic(m + "5x5_1", v, 1, 0), 1, 2),
       q.basic(m + "3x3dbl_3", triple, 1, 1), q.basic(m + "_pool", torch::avg_pool2d(v, 3, 1, 1), 1, 0)},
      1);
  expect_close(model_from_tensors(third)->forward(x.to(torch::kFloat32), {"Mixed_5b"})[0], mixed);
}

TEST(Torchvision, SeesPicturesAsTheWeightsDo) {
  const torch::Tensor picture = torch::tensor({255.0, 0.0, 127.5}).view({1, 3, 1, 1});
  const auto seen = [&](const TensorFile& file) {
    const torch::Tensor t = apply(model_from_tensors(file)->input, picture).flatten().contiguous();
    return std::vector<float>(t.data_ptr<float>(), t.data_ptr<float>() + 3);
  };
  const auto expect = [&](const TensorFile& file, const std::vector<double>& wanted) {
    const std::vector<float> values = seen(file);
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(values[i], wanted[i], 1e-4) << i;
  };
  expect(states::resnet(false, {1, 1, 1, 1}, 0),
         {(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.5 - 0.406) / 0.225});
  expect(states::googlenet(2), {1, -1, 0});
  expect(states::inception(2), {1, -1, 0});
  const std::vector<double> bgr = {127.5 - 103.939, -116.779, 255 - 123.68};
  TensorFile vgg = states::vgg({0, 2}, {4, 4}, false);
  expect(vgg, {(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.5 - 0.406) / 0.225});
  vgg.name = "/models/vgg19-d01eb7cb.pth";
  expect(vgg, bgr);
  vgg.name = "renamed.pth";
  states::dense(vgg, "classifier.1", 8, 4 * 49);
  states::dense(vgg, "classifier.4", 8, 8);
  states::dense(vgg, "classifier.6", 5, 8);
  expect(vgg, bgr);
  EXPECT_EQ(model_from_tensors(vgg)->scores_layer(), "classifier.6");
  EXPECT_EQ(info_of(*model_from_tensors(vgg), "classifier.3", 14).channels, 8);
}

// Files of either form, what Reverie makes of them, and labels beside them.
TEST(Torchvision, ReadsFiles) {
  const TemporaryFolder folder;
  const TensorFile state = states::squeezenet(true, 3);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const auto& [name, tensor] : state.tensors) tensors.emplace_back("module." + name, tensor);
  const auto path = folder.path() / "net.pth";
  const std::string bytes = pth::state_file(tensors);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  folder.write("a.txt", "one\ntwo\n");
  folder.write("z.txt", "n00000001 cat, tom\n n00000002 dog\nbird\n\n");
  const auto model = read_model(path);
  EXPECT_EQ(model->labels(), (std::vector<std::string>{"cat, tom", "dog", "bird"}));
  folder.write("net.txt", "a\nb\nc\n");
  EXPECT_EQ(read_model(path)->labels(), (std::vector<std::string>{"a", "b", "c"}));
  const torch::Tensor x = torch::rand({1, 3, 50, 50});
  const torch::Tensor y = model->forward(x, {"scores"})[0];
  // without metadata, as `reverie convert` makes it; and with them
  const auto converted = folder.path() / "deeper" / "converted.safetensors";
  std::filesystem::create_directories(converted.parent_path());
  write_safetensors(converted, read_pth(path));
  EXPECT_TRUE(torch::equal(read_model(converted)->forward(x, {"scores"})[0], y));
  EXPECT_TRUE(read_model(converted)->labels().empty());
  write_model(converted, *model);
  const auto again = read_model(converted);
  EXPECT_TRUE(torch::equal(again->forward(x, {"scores"})[0], y));
  EXPECT_EQ(again->labels(), model->labels());
  EXPECT_EQ(again->input.channel_scale, model->input.channel_scale);
}

TEST(Torchvision, WritesNormsAsItReadsThem) {
  for (const TensorFile& state :
       {states::resnet(false, {1, 1, 1, 1}, 3), states::vgg({0, 3}, {4, 4}, true)}) {
    const auto model = model_from_tensors(state);
    const std::string last = model->layers(64, 64).back().name;
    const auto again = model_from_tensors(model->tensors());
    const torch::Tensor x = torch::rand({1, 3, 64, 64});
    EXPECT_TRUE(torch::equal(again->forward(x, {last})[0], model->forward(x, {last})[0])) << last;
  }
}

TEST(Torchvision, ReadsWhatLibTorchWrites) {
  c10::Dict<std::string, torch::Tensor> state;
  torch::manual_seed(3);
  const torch::Tensor w = torch::randn({4, 3});
  state.insert("w", w);
  state.insert("turned", w.t());
  state.insert("half", w.to(torch::kHalf));
  state.insert("narrow", w.to(torch::kBFloat16));
  state.insert("count", torch::tensor(5, torch::kInt64));
  const std::vector<char> bytes = torch::pickle_save(state);
  const TensorFile file =
      parse_pth({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "libtorch.pth");
  EXPECT_TRUE(torch::equal(from_plain(file.get("w")), w));
  EXPECT_TRUE(torch::equal(from_plain(file.get("turned")), w.t()));
  EXPECT_TRUE(torch::equal(from_plain(file.get("half")), w.to(torch::kHalf).to(torch::kFloat32)));
  EXPECT_TRUE(torch::equal(from_plain(file.get("narrow")), w.to(torch::kBFloat16).to(torch::kFloat32)));
  EXPECT_EQ(file.get("count", {}).data, std::vector<float>{5});
  // torch::save writes a program
  std::ostringstream out;
  torch::save(w, out);
  const std::string script = out.str();
  EXPECT_NE(message_of([&] {
              parse_pth({reinterpret_cast<const uint8_t*>(script.data()), script.size()}, "a.pt");
            }).find("TorchScript"),
            std::string::npos);
}

TEST(Torchvision, RefusesWhatDoesNotFit) {
  const auto error_of = [](const TensorFile& file) { return message_of([&] { torchvision_model(file); }); };
  const auto expect = [&](const TensorFile& file, const std::string& part) {
    EXPECT_NE(error_of(file).find(part), std::string::npos) << part << ": " << error_of(file);
  };
  expect({"a.pth", {{"w", {{1}, {1}}}}, {}}, "are not those of AlexNet");
  TensorFile file = states::squeezenet(true, 3);
  file.name = "a.pth";
  file.tensors["features.3.se.weight"] = {{1}, {1}};
  expect(file, "cannot use a.pth: it is no SqueezeNet: that has no tensor 'features.3.se.weight'");
  file = states::squeezenet(true, 3);
  file.tensors.erase("features.4.expand3x3.weight");
  expect(file, "'features.4.expand3x3.weight'");
  file = states::squeezenet(true, 3);
  file.tensors["features.4.squeeze.weight"] = {{16, 127, 1, 1}, std::vector<float>(16 * 127)};
  expect(file, "and it is given 128 channels");
  file = states::squeezenet(true, 3);
  file.tensors["features.4.squeeze.bias"] = {{15}, std::vector<float>(15)};
  expect(file, "it has 15 numbers for 16");
  file = states::squeezenet(true, 3);
  file.tensors["features.0.weight"].data[5] = NAN;
  expect(file, "infinite or not a number");
  file = states::resnet(false, {1, 1, 1, 1}, 3);
  file.tensors["fc.weight"] = {{3, 511}, std::vector<float>(3 * 511)};
  expect(file, "given 512 numbers");
  file = states::resnet(false, {1, 1, 1, 1}, 3);
  file.tensors.erase("bn1.running_var");
  expect(file, "'bn1.running_var'");
  file.tensors["bn1.running_var"] = {{63}, std::vector<float>(63)};
  expect(file, "63 numbers for 64 channels");
  file = states::resnet(false, {1, 1, 1, 1}, 3);
  for (const char* part : {".conv1.weight", ".bn1.weight"})
    file.tensors.erase("layer2.0" + std::string(part));
  EXPECT_NE(error_of(file), "");
}

}  // namespace
}  // namespace reverie
