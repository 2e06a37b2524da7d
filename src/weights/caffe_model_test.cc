#include "weights/caffe_model.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/test_help.h"

namespace reverie {
namespace {

// Protobuf by hand, to make broken files too; lengths below 128.
std::string field(int number, const std::string& payload) {
  const unsigned tag = static_cast<unsigned>(number) * 8 + 2;
  std::string s;
  if (tag >= 128) s += static_cast<char>(tag % 128 + 128);
  s += static_cast<char>(tag >= 128 ? tag / 128 : tag);
  return s + static_cast<char>(payload.size()) + payload;
}
std::string field_of_any_length(int number, const std::string& payload) {
  std::string s = field(number, "");
  s.pop_back();
  for (size_t n = payload.size(); n > 0; n >>= 7U) s += static_cast<char>((n & 127U) | (n > 127 ? 128U : 0U));
  return s + payload;
}
std::string number(int field, int value) {
  return {static_cast<char>(field * 8), static_cast<char>(value)};
}
std::string floats(const std::vector<float>& values) {
  std::string s;
  for (const float v : values) s.append(reinterpret_cast<const char*>(&v), sizeof v);
  return s;
}
std::string blob(const std::string& dims, const std::vector<float>& values) {
  return field(7, field(7, field(1, dims)) + field(5, floats(values)));
}
std::string layer(const std::string& name, const std::string& type, const std::string& blobs) {
  return field(100, field(1, name) + field(2, type) + blobs);
}
std::span<const uint8_t> bytes_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}
TensorFile parse(const std::string& s) {
  return parse_caffemodel(bytes_of(s), "m.caffemodel");
}
std::string error_of(const std::string& s) {
  return message_of([&] { parse(s); });
}

TEST(CaffeModel, NamesBlobsByLayer) {
  const TensorFile file =
      parse(field(1, "net") + layer("data", "Data", "") +
            layer("c", "Convolution", blob("\x01\x02\x01\x01", {1, 2}) + blob("\x01", {3})) +
            layer("b/n", "BatchNorm", blob("\x01", {4}) + blob("\x01", {5}) + blob("", {6})));
  EXPECT_EQ(file.tensors.size(), 5U);
  EXPECT_EQ(file.get("c.weight", {1, 2, 1, 1}).data, (std::vector<float>{1, 2}));
  EXPECT_EQ(file.get("c.bias", {1}).data, std::vector<float>{3});
  EXPECT_EQ(file.get("b/n.2", {}).data, std::vector<float>{6});
}

TEST(CaffeModel, OldBlobsLoseTheDimensionsTheyNeverHad) {
  const auto old = [](int n, int c, int h, int w, const std::vector<float>& v) {
    return number(1, n) + number(2, c) + number(3, h) + number(4, w) + field(5, floats(v));
  };
  const auto v1 = [](const std::string& name, int type, const std::string& blobs) {
    return field(2, field(4, name) + number(5, type) + blobs);
  };
  const TensorFile file =
      parse(v1("conv", 4, field(6, old(1, 1, 1, 2, {1, 2})) + field(6, old(1, 1, 1, 1, {3}))) +
            v1("full", 14, field(6, old(1, 1, 2, 1, {1, 2})) + field(6, old(1, 1, 1, 2, {3, 4}))) +
            v1("conv2", 4, field(6, old(2, 1, 1, 1, {1, 2}))));
  EXPECT_EQ(file.get("conv.weight").shape, (std::vector<int64_t>{1, 1, 1, 2}));
  EXPECT_EQ(file.get("conv.bias").shape, std::vector<int64_t>{1});
  EXPECT_EQ(file.get("full.weight").shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(file.get("full.bias").shape, std::vector<int64_t>{2});
  EXPECT_EQ(file.get("conv2.weight").shape, (std::vector<int64_t>{2, 1, 1, 1}));
}

TEST(CaffeModel, DoublesAndLooseFloatsAreReadToo) {
  const double d = 0.5;
  const std::string doubles(reinterpret_cast<const char*>(&d), sizeof d);
  const std::string shape = field(7, field(1, "\x01"));
  EXPECT_EQ(parse(layer("a", "X", field(7, shape + field(8, doubles)))).get("a.weight").data,
            std::vector<float>{0.5F});
  std::string loose = "-";  // the tag of field 5, not packed
  loose += floats({7});
  EXPECT_EQ(parse(layer("a", "X", field(7, shape + loose))).get("a.weight").data, std::vector<float>{7});
}

TEST(CaffeModel, ErrorsNameFileAndLayer) {
  const std::string good = layer("c", "Convolution", blob("\x02", {1, 2}));
  EXPECT_NE(error_of(good.substr(0, good.size() - 1)).find("cut off or damaged after 0 layers"),
            std::string::npos);
  EXPECT_NE(error_of(good + good.substr(0, 9)).find("cut off or damaged after 1 layers, at byte"),
            std::string::npos);
  EXPECT_EQ(error_of(good + good), "cannot read m.caffemodel: layer 2 'c': another layer has the same name");
  EXPECT_EQ(
      error_of(layer("c", "", blob("\x03", {1, 2}))),
      "cannot read m.caffemodel: layer 1 'c': its blob 0 (weight) has 2 numbers, but its shape [3] needs 3");
  // 2^62 x 2^62
  const std::string huge = "\x80\x80\x80\x80\x80\x80\x80\x80\x40";
  EXPECT_NE(
      error_of(layer("c", "", blob(huge + huge, {1}))).find("layer 1 'c': its blob 0 (weight) has the shape"),
      std::string::npos);
  const std::string negative = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  EXPECT_NE(error_of(layer("c", "", blob(negative, {1}))).find("[-1]"), std::string::npos);
  EXPECT_NE(error_of(field(100, field(1, "c") + field(7, "\x3a\x7f"))).find("layer 1 'c': it is damaged"),
            std::string::npos);
  EXPECT_NE(error_of("").find("no layer"), std::string::npos);
  EXPECT_NE(error_of(layer("d", "Data", "")).find("none of its 1 layers has weights"), std::string::npos);
  EXPECT_NE(error_of("\x89HDF\r\n").find("HDF5"), std::string::npos);
  EXPECT_NE(error_of("layer { name: 'text' }").find("it is a net of Caffe"), std::string::npos);
  EXPECT_NE(error_of(field(2, field(1, field(1, "old")))).find("none of its 1 layers"), std::string::npos);
}

TEST(CaffeModel, LayersOf2013LieWithinLayers) {
  const auto old = [](int h, int w, const std::vector<float>& v) {
    return field(50, number(1, 1) + number(2, 1) + number(3, h) + number(4, w) + field(5, floats(v)));
  };
  const TensorFile file = parse(
      field(2, field(1, field(1, "f") + field(2, "innerproduct") + old(1, 2, {1, 2}) + old(1, 1, {3}))));
  EXPECT_EQ(file.get("f.weight", {1, 2}).data, (std::vector<float>{1, 2}));
  EXPECT_EQ(file.get("f.bias", {1}).data, std::vector<float>{3});
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += field(50, "");
  EXPECT_NE(error_of(field_of_any_length(2, field_of_any_length(1, many))).find("has 20000 fields"),
            std::string::npos);
}

TEST(CaffeModel, ManyEmptyPiecesAreRefusedBeforeTheyCostMemory) {
  std::string blobs;
  for (int i = 0; i < 50'000; ++i) blobs += std::string("\x3a\x00", 2);
  EXPECT_NE(error_of(field_of_any_length(100, blobs)).find("layer 1: it has 50000 fields"),
            std::string::npos);
  std::string layers;
  for (int i = 0; i < 100'001; ++i) layers += field(100, "");
  EXPECT_NE(error_of(layers).find("more than 100000 layers"), std::string::npos);
}

TEST(CaffeModel, WritesWhatItReads) {
  TensorFile file;
  file.tensors["conv10.weight"] = {{1, 1, 1, 1}, {std::numeric_limits<float>::infinity()}};
  file.tensors["conv2.weight"] = {{2, 1, 1, 1}, {1, -2}};
  file.tensors["conv2.bias"] = {{2}, {3, 4}};
  file.tensors["conv2.2"] = {{}, {5}};
  file.tensors["a.b.weight"] = {{0, 3}, {}};
  const std::vector<uint8_t> bytes = caffemodel_bytes(file);
  const TensorFile again = parse_caffemodel(bytes, "again");
  ASSERT_EQ(again.tensors.size(), 5U);
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(again.get(name).shape, tensor.shape) << name;
    EXPECT_EQ(again.get(name).data, tensor.data) << name;
  }
  EXPECT_EQ(caffemodel_bytes(again), bytes);
}

TEST(CaffeModel, WritesNoLayerWithAGap) {
  TensorFile file;
  file.tensors["c.bias"] = {{1}, {1}};
  EXPECT_NE(
      message_of([&] { caffemodel_bytes(file, "out"); }).find("layer 'c' has a tensor bias but no weight"),
      std::string::npos);
  file.tensors = {{"mean", {{1}, {1}}}};
  EXPECT_NE(message_of([&] { caffemodel_bytes(file, "out"); }).find("'mean' is not LAYER.weight"),
            std::string::npos);
  file.tensors = {{"c.01", {{1}, {1}}}};
  EXPECT_NE(message_of([&] { caffemodel_bytes(file, "out"); }), "");
}

}  // namespace
}  // namespace reverie
