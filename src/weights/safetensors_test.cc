#include "weights/safetensors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/file.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;

Bytes file_of(std::string_view header, const Bytes& data = {}) {
  Bytes b;
  for (size_t i = 0; i < 8; ++i) b.push_back(static_cast<uint8_t>(header.size() >> (8 * i)));
  b.insert(b.end(), header.begin(), header.end());
  b.insert(b.end(), data.begin(), data.end());
  return b;
}

std::string error_of(const Bytes& bytes) {
  try {
    parse_safetensors(bytes, "a.st");
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

// The error line after the file's name.
std::string why(std::string_view header, const Bytes& data = {}) {
  const std::string line = error_of(file_of(header, data));
  constexpr std::string_view kBefore = "cannot read a.st: ";
  return line.starts_with(kBefore) ? line.substr(kBefore.size()) : line;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& range) {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, dtype, shape, range);
}

// A header of one tensor "a"
std::string header_of(const std::string& dtype, const std::string& shape, const std::string& range) {
  return fmt::format("{{{}}}", entry("a", dtype, shape, range));
}

// One tensor "a" of bytes
std::string why_tensor(const std::string& shape, const std::string& range, const Bytes& data) {
  return why(header_of("U8", shape, range), data);
}

TEST(Safetensors, RoundTrip) {
  TensorFile out;
  out.tensors["scalar"] = {{}, {2.5F}};
  out.tensors["empty"] = {{0, 3}, {}};
  out.tensors["matrix"] = {{2, 3}, {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}};
  out.tensors["odd \"name\"\\\n\xc3\xa9"] = {{1}, {-0.0F}};
  out.metadata = {{"pool", "max"}, {"note", "a \"quoted\"\nline"}};
  const Bytes bytes = safetensors_bytes(out);
  const TensorFile back = parse_safetensors(bytes, "a.st");
  EXPECT_EQ(back.name, "a.st");
  EXPECT_EQ(back.metadata, out.metadata);
  ASSERT_EQ(back.tensors.size(), out.tensors.size());
  for (const auto& [name, tensor] : out.tensors) {
    EXPECT_EQ(back.get(name).shape, tensor.shape) << name;
    EXPECT_EQ(back.get(name).data, tensor.data) << name;
  }
  EXPECT_EQ(safetensors_bytes(back), bytes);
}

TEST(Safetensors, HeaderIsSortedAndPaddedToEight) {
  TensorFile out;
  out.tensors["b"] = {{1}, {1.0F}};
  out.tensors["A"] = {{}, {1.0F}};
  out.metadata = {{"k", "v"}};
  const Bytes bytes = safetensors_bytes(out);
  EXPECT_EQ(bytes[0] % 8, 0);
  const std::string header(bytes.begin() + 8, bytes.end() - 8);
  EXPECT_EQ(header.substr(0, header.find_last_not_of(' ') + 1),
            R"({"__metadata__":{"k":"v"},"A":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
            R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})");
}

TEST(Safetensors, ThroughAFile) {
  const auto path = std::filesystem::temp_directory_path() / "reverie_safetensors_test.safetensors";
  TensorFile out;
  out.tensors["a"] = {{2}, {1.0F, 2.0F}};
  write_safetensors(path, out);
  EXPECT_EQ(read_safetensors(path).get("a").data, (Floats{1.0F, 2.0F}));
  std::filesystem::remove(path);
  EXPECT_THROW(read_safetensors(path), Error);
}

TEST(Safetensors, EveryElementType) {
  struct Case {
    std::string dtype;
    Bytes one;  // the value 1
  };
  const std::vector<Case> cases{{"BOOL", {1}},
                                {"U8", {1}},
                                {"I8", {1}},
                                {"U16", {1, 0}},
                                {"I16", {1, 0}},
                                {"U32", {1, 0, 0, 0}},
                                {"I32", {1, 0, 0, 0}},
                                {"U64", {1, 0, 0, 0, 0, 0, 0, 0}},
                                {"I64", {1, 0, 0, 0, 0, 0, 0, 0}},
                                {"F16", {0, 0x3c}},
                                {"BF16", {0x80, 0x3f}},
                                {"F32", {0, 0, 0x80, 0x3f}},
                                {"F64", {0, 0, 0, 0, 0, 0, 0xf0, 0x3f}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.dtype);
    const std::string header = header_of(c.dtype, "[1]", fmt::format("[0,{}]", c.one.size()));
    EXPECT_EQ(parse_safetensors(file_of(header, c.one), "a.st").get("a").data, Floats{1.0F});
  }
}

TEST(Safetensors, TensorsMayStandInAnyOrderAndBePadded) {
  const std::string header = "{" + entry("a", "U8", "[1]", "[2,3]") + "," + entry("b", "U8", "[2]", "[0,2]") +
                             "," + entry("none", "F64", "[0]", "[2,2]") + R"(,"__metadata__":{}}   )";
  const TensorFile file = parse_safetensors(file_of(header, {1, 2, 3}), "a.st");
  EXPECT_EQ(file.get("a").data, Floats{3.0F});
  EXPECT_EQ(file.get("b").data, (Floats{1.0F, 2.0F}));
  EXPECT_TRUE(file.get("none").data.empty());
  EXPECT_TRUE(parse_safetensors(file_of("{}"), "a.st").tensors.empty());
}

TEST(Safetensors, HostileLengths) {
  EXPECT_EQ(error_of({}), "cannot read a.st: 0 bytes are too few for a safetensors file");
  EXPECT_EQ(error_of({3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}),
            "cannot read a.st: its header of 3 bytes is cut off (copy the file again)");
  EXPECT_EQ(error_of({1, 0xe1, 0xf5, 5, 0, 0, 0, 0}),
            "cannot read a.st: it claims a header of 100000001 bytes (is it a safetensors file?)");
  EXPECT_EQ(error_of(Bytes(8, 255)),
            "cannot read a.st: it claims a header of 18446744073709551615 bytes (is it a safetensors file?)");
}

TEST(Safetensors, HostileJson) {
  for (const char* header : {"", " {}", "[]", "null", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(why(header), "its header is not a JSON object") << header;
  }
  for (const char* header : {"{", "{}x", "{} {}", "{'a':1}", "{\"a\"}", "{\"\xff\":{}}", R"({"\ud800":{}})",
                             "{,}", "{}/**/", R"({"a":{"shape":[1e999]}})", R"({"a":{"shape":[1,]}})"}) {
    EXPECT_TRUE(why(header).starts_with("its header is not valid JSON (at byte "))
        << header << ": " << why(header);
  }
  EXPECT_EQ(why(std::string_view("{}\0", 3)), "its header is not valid JSON (it contains a zero byte)");
  EXPECT_EQ(why(R"({"a":1})"), "tensor 'a' is described by a number instead of an object");
  EXPECT_EQ(why(R"({"a":[]})"), "tensor 'a' is described by an array instead of an object");
  EXPECT_EQ(why(R"({"a":null})"), "tensor 'a' is described by null instead of an object");
  EXPECT_EQ(why(R"({"a":{"x":1}})"), "tensor 'a' has the unknown field 'x'");
  EXPECT_EQ(why(R"({"a":{}})"), "tensor 'a' has no dtype");
  EXPECT_EQ(why(R"({"a":{"dtype":"F32","shape":[]}})"), "tensor 'a' has no data_offsets");
  EXPECT_EQ(why(R"({"a":{"dtype":"F33"}})"), "tensor 'a' has the unknown dtype 'F33'");
  EXPECT_EQ(why(R"({"a":{"dtype":4}})"), "tensor 'a': dtype holds a number");
  EXPECT_EQ(why(R"({"a":{"shape":"x"}})"), "tensor 'a': shape holds a string");
  EXPECT_EQ(why(R"({"a":{"shape":[-1]}})"), "tensor 'a': shape holds a negative number");
  EXPECT_EQ(why(R"({"a":{"shape":[1.5]}})"), "tensor 'a': shape holds a number that is not a count");
  EXPECT_EQ(why(R"({"a":{"shape":[18446744073709551616]}})"),
            "tensor 'a': shape holds a number that is not a count");
  EXPECT_EQ(why(R"({"a":{"shape":[9223372036854775808]}})"), "tensor 'a': shape holds too large a number");
  EXPECT_EQ(why(R"({"a":{"shape":[true]}})"), "tensor 'a': shape holds true or false");
  EXPECT_EQ(why(R"({"a":{"data_offsets":[0]}})"), "tensor 'a': data_offsets are 1 numbers, not 2");
  EXPECT_EQ(why(R"({"a":{"data_offsets":[0,1,2]}})"), "tensor 'a': data_offsets holds more than 2 numbers");
}

TEST(Safetensors, DepthIsBounded) {
  EXPECT_EQ(why(R"({"a":{"shape":[[1]]}})"), "tensor 'a': shape holds an array");
  EXPECT_EQ(why(R"({"a":{"dtype":{}}})"), "tensor 'a': dtype holds an object");
  EXPECT_EQ(why(R"({"__metadata__":{"k":{}}})"), "metadata 'k' is an object instead of a string");
  EXPECT_EQ(why(R"({"a":{"shape":)" + std::string(1'000'000, '[')), "tensor 'a': shape holds an array");
}

TEST(Safetensors, DuplicateKeys) {
  const std::string a = entry("a", "U8", "[]", "[0,1]");
  EXPECT_EQ(why("{" + a + "," + a + "}"), "'a' is in its header twice");
  EXPECT_EQ(why(R"({"__metadata__":{},"__metadata__":{}})"), "'__metadata__' is in its header twice");
  EXPECT_EQ(why(R"({"__metadata__":{"k":"1","k":"2"}})"), "metadata 'k' is in its header twice");
  EXPECT_EQ(why(R"({"a":{"shape":[],"shape":[]}})"), "tensor 'a' has shape twice");
}

TEST(Safetensors, MetadataIsStrings) {
  EXPECT_EQ(why(R"({"__metadata__":"x"})"),
            "tensor '__metadata__' is described by a string instead of an object");
  EXPECT_EQ(why(R"({"__metadata__":{"k":1}})"), "metadata 'k' is a number instead of a string");
}

TEST(Safetensors, HostileRanges) {
  EXPECT_EQ(why_tensor("[2]", "[2,0]", {1, 2}), "tensor 'a': its bytes end (0) before they begin (2)");
  EXPECT_EQ(why_tensor("[2]", "[0,2]", {1}), "tensor 'a': its bytes end at 2, but there are only 1");
  EXPECT_EQ(why_tensor("[1]", "[1,2]", {1, 2}), "tensor 'a': its bytes begin at 1 instead of 0");
  EXPECT_EQ(why_tensor("[1]", "[0,2]", {1, 2}), "tensor 'a': it has 2 bytes, but its shape [1] needs 1");
  EXPECT_EQ(why_tensor("[1]", "[0,1]", {1, 2}), "1 bytes at its end belong to no tensor");
  EXPECT_EQ(why_tensor("[4294967296,4294967296]", "[0,0]", {}),
            "tensor 'a': its shape [4294967296, 4294967296] is too large");
  EXPECT_EQ(why_tensor("[2]", "[0,18446744073709551615]", {1, 2}),
            "tensor 'a': its bytes end at 18446744073709551615, but there are only 2");
  EXPECT_EQ(
      why("{" + entry("a", "U8", "[2]", "[0,2]") + "," + entry("b", "U8", "[2]", "[1,3]") + "}", {1, 2, 3}),
      "tensor 'b': its bytes begin at 1 instead of 2");
  EXPECT_EQ(
      why("{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("b", "U8", "[1]", "[2,3]") + "}", {1, 2, 3}),
      "tensor 'b': its bytes begin at 2 instead of 1");
}

TEST(Safetensors, TheNumbersOfTensorsAndDimensionsAreBounded) {
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i) header += entry(std::to_string(i), "U8", "[0]", "[0,0]") + ",";
  header.back() = '}';
  EXPECT_EQ(why(header), "it holds more than 100000 tensors");
  std::string metadata;
  for (int i = 0; i <= 100'000; ++i) metadata += fmt::format(R"("{}":"",)", i);
  EXPECT_EQ(why(R"({"__metadata__":{)" + metadata), "it holds more than 100000 metadata");
  std::string shape = "[1";
  for (int i = 0; i < 64; ++i) shape += ",1";
  EXPECT_EQ(why_tensor(shape + "]", "[0,1]", {1}), "tensor 'a': shape holds too many dimensions");
}

TEST(Safetensors, CutOffAnywhereIsAnError) {
  const Bytes whole =
      file_of("{" + entry("a", "F16", "[2,1]", "[0,4]") + R"(,"__metadata__":{"k":"v"}} )", {1, 2, 3, 4});
  ASSERT_EQ(error_of(whole), "no error");
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_NE(error_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))), "no error")
        << n;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_NE(error_of(longer), "no error");
}

TEST(Safetensors, ErrorsAreOneShortLine) {
  const std::string line = why("{" + entry(std::string(1'000'000, 'x'), "U8", "[1]", "[0,9]") + "}");
  EXPECT_LT(line.size(), 300U);
  EXPECT_EQ(why(R"({"a\u0000\n\u001b[2J":1})").find_first_of(std::string_view("\0\n\x1b", 3)),
            std::string::npos);
}

TEST(Safetensors, WhatCannotBeReadIsNotWritten) {
  TensorFile out;
  out.tensors["a"] = {{2}, {1.0F}};
  EXPECT_THROW(safetensors_bytes(out), Error);
  out.tensors = {{"__metadata__", {{1}, {1.0F}}}};
  EXPECT_THROW(safetensors_bytes(out), Error);
  out.tensors = {{"\xff", {{1}, {1.0F}}}};
  EXPECT_THROW(safetensors_bytes(out), Error);
  out.tensors.clear();
  out.metadata = {{"k", "\xff"}};
  EXPECT_THROW(safetensors_bytes(out), Error);
}

// The goldens of the feedback engine lie outside the project's tree: next to $REVERIE_DATA or next to the
// project.
TEST(Safetensors, ReadsTheGoldens) {
  const char* data = std::getenv("REVERIE_DATA");
  const char* root = std::getenv("REVERIE_ROOT");
  std::filesystem::path folder = data != nullptr ? std::filesystem::path(data) / ".." : "../shared";
  if (data == nullptr && root != nullptr) folder = std::filesystem::path(root) / "../shared";
  folder = folder / "golden" / "feedback";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no goldens at " << folder;
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".safetensors") continue;
    SCOPED_TRACE(file.path());
    const TensorFile golden = read_safetensors(file.path());
    EXPECT_TRUE(golden.metadata.contains("levels"));
    EXPECT_EQ(golden.get("frame0.h0").shape, golden.get("frame10.h0").shape);
    EXPECT_EQ(golden.get("encode1.weight").shape.size(), 4U);
    const TensorFile again = parse_safetensors(safetensors_bytes(golden), "again");
    EXPECT_EQ(again.get("frame10.h0").data, golden.get("frame10.h0").data);
    ++files;
  }
  EXPECT_GE(files, 1);
}

}  // namespace
}  // namespace reverie
