#include "weights/pth.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "weights/pth_test_help.h"

namespace reverie {
namespace {

using namespace std::string_literals;
using Values = std::vector<float>;

std::span<const uint8_t> bytes_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}
TensorFile parse(const std::string& file) {
  return parse_pth(bytes_of(file), "a.pth");
}
std::string error_of(const std::string& file) {
  return message_of([&] { parse(file); });
}
void expect_error(const std::string& file, const std::string& part) {
  const std::string error = error_of(file);
  EXPECT_NE(error.find(part), std::string::npos) << part << ": " << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

// A file whose pickle is this value, with storage "0" of these bytes.
std::string file_of(const std::string& value, const std::string& bytes = std::string(24, '\0')) {
  return pth::zip({{"a/data.pkl", pth::pickle(value)}, {"a/data/0", bytes}, {"a/version", "3\n"}});
}
// The same of one tensor named w.
std::string tensor_file(const std::string& tensor, const std::string& bytes = std::string(24, '\0')) {
  return file_of(pth::dictionary({{"w", tensor}}), bytes);
}
std::string six(int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  return tensor_file(pth::tensor(pth::storage("Float", "0", 6), offset, shape, strides),
                     pth::floats({0, 1, 2, 3, 4, 5}));
}

TEST(Pth, ReadsTheZipForm) {
  const TensorFile file = parse(pth::state_file({{"a.weight", {{2, 3}, {1, 2, 3, 4, 5, 6}}},
                                                 {"a.bias", {{2}, {-1, 0.5}}},
                                                 {"none", {{0, 4}, {}}},
                                                 {"number", {{}, {7}}}}));
  ASSERT_EQ(file.tensors.size(), 4U);
  EXPECT_EQ(file.get("a.weight", {2, 3}).data, (Values{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.get("a.bias", {2}).data, (Values{-1, 0.5}));
  EXPECT_TRUE(file.get("none", {0, 4}).data.empty());
  EXPECT_EQ(file.get("number", {}).data, Values{7});
}

TEST(Pth, ReadsDeflatedEntriesAndTheOtherByteOrder) {
  const std::string big = "\x3f\x80\0\0\x40\0\0\0"s;  // 1, 2
  const std::string state =
      pth::pickle(pth::dictionary({{"w", pth::tensor(pth::storage("Float", "0", 2), 0, {2}, {1})}}));
  const TensorFile file =
      parse(pth::zip({{"a/data.pkl", state, true}, {"a/byteorder", "big"}, {"a/data/0", big, true}}));
  EXPECT_EQ(file.get("w", {2}).data, (Values{1, 2}));
}

TEST(Pth, ReadsTheOldForm) {
  const std::string view = pth::tuple({pth::text("12"), pth::number(1), pth::number(3)});
  const std::string state =
      pth::dictionary({{"w", pth::tensor(pth::storage("Float", "7", 4, "N"), 0, {2, 2}, {2, 1})},
                       {"v", pth::tensor(pth::storage("Long", "9", 4, view), 1, {2}, {1})}});
  const std::vector<pth::OldStorage> storages = {{"9", 4,
                                                  pth::little(int64_t{1}) + pth::little(int64_t{2}) +
                                                      pth::little(int64_t{-3}) + pth::little(int64_t{4})},
                                                 {"7", 4, pth::floats({1, 2, 3, 4})}};
  const std::string whole = pth::old_file(state, storages);
  const TensorFile file = parse(whole);
  EXPECT_EQ(file.get("w", {2, 2}).data, (Values{1, 2, 3, 4}));
  EXPECT_EQ(file.get("v", {2}).data, (Values{-3, 4}));
  for (size_t size = 1; size < whole.size(); ++size) EXPECT_NE(error_of(whole.substr(0, size)), "") << size;
  expect_error(pth::old_file(state, {{"7", 4, std::string(16, '\0')}}), "storage '9' is missing");
  expect_error(pth::old_file(state, {{"8", 4, std::string(16, '\0')}}), "damaged or cut off");
  expect_error(pth::old_file(state, {{"7", int64_t{1} << 62U, std::string(16, '\0')}}), "damaged or cut off");
  expect_error(pth::old_file(state, {{"7", -1, std::string(16, '\0')}}), "damaged or cut off");
}

TEST(Pth, ReadsEveryElementType) {
  const std::vector<std::tuple<std::string, std::string, Values>> cases = {
      {"Half", "\0\x3c\0\xc0"s, {1, -2}},
      {"BFloat16", "\x80\x3f\0\xc0"s, {1, -2}},
      {"Double", "\0\0\0\0\0\0\xf0\x3f"s, {1}},
      {"Int", "\xfe\xff\xff\xff"s, {-2}},
      {"Long", "\x05\0\0\0\0\0\0\0"s, {5}},
      {"Short", "\xff\xff"s, {-1}},
      {"Char", "\xff\x01"s, {-1, 1}},
      {"Byte", "\xff\x01"s, {255, 1}},
      {"Bool", "\x02\0"s, {1, 0}},
  };
  for (const auto& [type, bytes, values] : cases) {
    const auto count = static_cast<int64_t>(values.size());
    const TensorFile file =
        parse(tensor_file(pth::tensor(pth::storage(type, "0", count), 0, {count}, {1}), bytes));
    EXPECT_EQ(file.get("w").data, values) << type;
  }
  expect_error(tensor_file(pth::tensor(pth::storage("ComplexFloat", "0", 1), 0, {1}, {1})),
               "needs Python's torch.ComplexFloatStorage");
}

TEST(Pth, HonoursStrides) {
  EXPECT_EQ(parse(six(0, {3, 2}, {1, 3})).get("w").data, (Values{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(parse(six(1, {2}, {3})).get("w").data, (Values{1, 4}));
  EXPECT_EQ(parse(six(2, {1, 4}, {999, 1})).get("w").data, (Values{2, 3, 4, 5}));
  EXPECT_EQ(parse(six(5, {1, 1}, {0, 0})).get("w").data, Values{5});
}

TEST(Pth, RefusesStridesThatDoNotFit) {
  expect_error(six(0, {2, 2}, {0, 1}), "share their places");
  expect_error(six(0, {2, 2}, {1, 1}), "share their places");
  expect_error(six(0, {int64_t{1} << 40U}, {0}), "share their places");
  expect_error(six(1, {6}, {1}), "reaches beyond the 6 values");
  expect_error(six(6, {1}, {1}), "reaches beyond");
  expect_error(six(0, {7}, {1}), "reaches beyond");
  expect_error(six(0, {2}, {INT64_MAX}), "reaches beyond");
  expect_error(six(0, {3, 3}, {INT64_MAX / 2, INT64_MAX}), "reaches beyond");
  expect_error(six(INT64_MAX, {2}, {1}), "reaches beyond");
  expect_error(six(0, {INT64_MAX, INT64_MAX}, {1, 1}), "tensor 'w'");
  expect_error(six(0, {2}, {-1}), "tensor 'w'");
  expect_error(six(-1, {2}, {1}), "tensor 'w'");
  expect_error(six(0, {-2}, {1}), "tensor 'w'");
  expect_error(six(0, {2, 2}, {1}), "tensor 'w'");
  expect_error(six(0, std::vector<int64_t>(65, 1), std::vector<int64_t>(65, 1)), "tensor 'w'");
  // storages shorter than they say, and parts of them that are not there
  expect_error(tensor_file(pth::tensor(pth::storage("Float", "0", 7), 0, {2}, {1})), "too few for 7 values");
  expect_error(tensor_file(pth::tensor(pth::storage("Float", "1", 6), 0, {2}, {1})), "'a/data/1' is missing");
  const std::string view = pth::tuple({pth::text("1"), pth::number(4), pth::number(3)});
  expect_error(tensor_file(pth::tensor(pth::storage("Float", "0", 6, view), 0, {2}, {1})), "too few");
}

TEST(Pth, SharedValuesAreBounded) {
  std::vector<std::pair<std::string, std::string>> items;
  const std::string storage = pth::storage("Float", "0", 1000);
  for (int i = 0; i < 1200; ++i) items.emplace_back(std::to_string(i), pth::tensor(storage, 0, {1000}, {1}));
  expect_error(file_of(pth::dictionary(items), std::string(4000, '\0')), "share the same values");
  items.resize(10);
  EXPECT_EQ(parse(file_of(pth::dictionary(items), std::string(4000, '\0'))).tensors.size(), 10U);
}

TEST(Pth, FindsTheDictionaryThatHoldsTensors) {
  const std::string tensor = pth::tensor(pth::storage("Float", "0", 6), 0, {6}, {1});
  const std::string state = pth::dictionary({{"w", tensor}});
  const std::string other = pth::dictionary({{"v", tensor}});
  const auto has = [&](const std::string& value) { return parse(file_of(value)).has("w"); };
  EXPECT_TRUE(has(pth::dictionary({{"epoch", "K\x05"}, {"state_dict", state}})));
  EXPECT_TRUE(has(pth::dictionary({{"best", tensor}, {"model", state}, {"ema", other}})));
  EXPECT_TRUE(has(pth::dictionary({{"a", pth::dictionary({{"b", state}})}})));
  EXPECT_TRUE(has("}"s + pth::text("w") + tensor + "s"));
  // parameters, the versions of modules, and Python 2's list of pairs
  EXPECT_TRUE(has(pth::dictionary({{"w", pth::global("torch._utils", "_rebuild_parameter") +
                                             pth::tuple({tensor, "\x88", pth::ordered()}) + "R"}})));
  EXPECT_TRUE(has(state + "}"s + pth::text("_metadata") + pth::ordered() + "sb"));
  EXPECT_TRUE(has(pth::global("collections", "OrderedDict") + "](](" + pth::text("w") + tensor + "ee\x85R"));
  expect_error(file_of(pth::dictionary({{"gen", state}, {"disc", other}})), "'gen' and 'disc'");
  expect_error(file_of(tensor), "one tensor without a name");
  expect_error(file_of("]("s + tensor + "e"), "no dictionary of tensors");
  expect_error(file_of(pth::dictionary({})), "no dictionary of tensors");
  expect_error(file_of("}K\1" + tensor + "s"), "name is no text");
  // a dictionary within itself
  expect_error(file_of("}q\1"s + pth::text("a") + "h\1s"), "no dictionary of tensors");
}

TEST(Pth, RunsNothing) {
  EXPECT_EQ(
      error_of(file_of("cos\nsystem\nX\2\0\0\0ls\x85R"s)),
      "cannot read a.pth: the pickle needs Python's os.system, and Reverie runs nothing that a file names "
      "(in Python, torch.save(model.state_dict(), 'NAME.pth') saves the weights alone)");
  expect_error(file_of(pth::global("torchvision.models.resnet", "ResNet") + ")\x81"),
               "needs Python's torchvision.models.resnet.ResNet");
  expect_error(file_of(pth::tuple({pth::text("module"), "N", "N", "N"}) + "Q"), "holds a whole module");
  expect_error(file_of(pth::tuple({pth::text("other"), "N"}) + "Q"), "damaged");
  expect_error(pth::zip({{"a/data.pkl", "x"}, {"a/code/a.py", "x"}}), "TorchScript");
  expect_error(pth::zip({{"a/data.pkl", "x"}, {"a/constants.pkl", "x"}}), "TorchScript");
  expect_error(pth::zip({{"a.png", "x"}}), "it is a zip archive");
  expect_error("\x80\x02}.", "it is a Python pickle");
  expect_error("words", "not a state file");
  expect_error("", "not a state file");
  // what is no storage, type or tensor where one must be
  expect_error(tensor_file(pth::tensor("N", 0, {1}, {1})), "has no storage");
  expect_error(tensor_file(pth::tensor(pth::tensor(pth::storage("Float", "0", 6), 0, {1}, {1}), 0, {1}, {1})),
               "has no storage");
  expect_error(tensor_file(pth::global("torch._utils", "_rebuild_parameter") + "N\x85R"), "damaged");
  expect_error(tensor_file(pth::global("torch", "FloatStorage") + ")R"), "damaged");
  expect_error(tensor_file(pth::global("torch._utils", "_rebuild_tensor_v2") + ")R"), "damaged");
  expect_error(file_of(pth::global("collections", "OrderedDict") + "](Nee\x85R"), "damaged");
}

// Every opcode that is not known, on a stack that has something of everything.
TEST(Pth, RefusesOtherOpcodes) {
  const std::string known =
      "(.01GJKMNRTUXabcd}ehjlq]rst)uBCQ\x80\x85\x86\x87\x88\x89\x8a\x8c\x8d\x8e\x93\x94\x95\x96";
  for (int op = 0; op < 256; ++op) {
    if (known.find(static_cast<char>(op)) != std::string::npos) continue;
    const std::string file = file_of("N}](K\1" + std::string(1, static_cast<char>(op)) + "1\n2\n3\n");
    expect_error(file, fmt::format("(opcode {:#04x} at byte 8)", op));
  }
}

TEST(Pth, RefusesZipArchivesThatLie) {
  const std::string whole = six(0, {6}, {1});
  EXPECT_EQ(error_of(whole), "");
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NE(error_of(whole.substr(0, size)), "") << size;
  EXPECT_EQ(error_of(whole.substr(0, whole.size() - 2) + "\3\0abc"s), "");  // a comment
  const size_t end = whole.size() - 22;
  const size_t directory = whole.find("PK\1\2");
  const size_t second = whole.find("PK\1\2", directory + 1);
  const auto with = [&](size_t at, const std::string& bytes) {
    std::string file = whole;
    return file.replace(at, bytes.size(), bytes);
  };
  const std::string huge = "\xf0\xff\xff\xff";
  expect_error(with(end + 10, "\xff\xff"), "damaged");       // the count
  expect_error(with(end + 12, huge), "damaged or cut off");  // the directory's size
  expect_error(with(end + 16, huge), "damaged or cut off");  // and place
  expect_error(with(directory, "XX"), "damaged");
  expect_error(with(directory + 8, "\1"), "is encrypted");
  expect_error(with(directory + 10, "\x0e"), "method 14");
  expect_error(with(directory + 10, "\x08"), "two headers that differ");
  expect_error(with(second + 16, "X"), "checksum does not fit");
  expect_error(with(second + 20, huge), "damaged or cut off");  // packed size
  expect_error(with(second + 24, huge), "two sizes that differ");
  expect_error(with(second + 28, "\xff\xff"), "damaged or cut off");  // the name's size
  expect_error(with(second + 42, "\1"), "not where the directory says");
  expect_error(with(second + 46, "b"), "two headers that differ");
  expect_error(with(second + 42, std::string(4, '\0')), "two headers that differ");  // as the first
  expect_error(with(whole.find("a/data/0") + 8, "X"), "checksum does not fit");
  expect_error(pth::zip({{"a/data.pkl", "x"}, {"a/data.pkl", "x"}}), "there twice");
  // deflated: more or less than it says
  std::string packed = pth::zip({{"a/data.pkl", pth::pickle("}"), true}});
  EXPECT_NE(error_of(packed).find("no dictionary"), std::string::npos);
  const size_t at = packed.find("PK\1\2");
  expect_error(std::string(packed).replace(at + 24, 4, pth::little(uint32_t{3})), "does not unpack");
  expect_error(std::string(packed).replace(at + 24, 4, huge), "cannot unpack to");
}

}  // namespace
}  // namespace reverie
