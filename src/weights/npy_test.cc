#include "weights/npy.h"

#include <gtest/gtest.h>

#include <string_view>

#include "core/error.h"
#include "core/file.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;

// A file of the given version with this dictionary and data.
Bytes npy(const std::string& dict, const Bytes& data, uint8_t version = 1) {
  Bytes b{0x93, 'N', 'U', 'M', 'P', 'Y', version, 0};
  for (size_t i = 0; i < (version == 1 ? 2 : 4); ++i)
    b.push_back(static_cast<uint8_t>(dict.size() >> (8 * i)));
  b.insert(b.end(), dict.begin(), dict.end());
  b.insert(b.end(), data.begin(), data.end());
  return b;
}

std::string dict(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

std::string error_of(const Bytes& bytes) {
  try {
    parse_npy(bytes, "a.npy");
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

// The error line after the file's name.
std::string why(const std::string& header, const Bytes& data = {1}) {
  const std::string line = error_of(npy(header, data));
  constexpr std::string_view kBefore = "cannot read a.npy: ";
  return line.starts_with(kBefore) ? line.substr(kBefore.size()) : line;
}

TEST(Npy, RoundTrip) {
  const std::vector<Tensor> tensors{
      {{}, {3.5F}}, {{2}, {1.0F, -1.0F}}, {{2, 1, 3}, {0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F}}, {{0, 4}, {}}};
  for (const Tensor& t : tensors) {
    const Bytes bytes = npy_bytes(t);
    EXPECT_EQ((bytes.size() - t.data.size() * 4) % 64, 0U);
    const Tensor back = parse_npy(bytes, "a.npy");
    EXPECT_EQ(back.shape, t.shape);
    EXPECT_EQ(back.data, t.data);
  }
}

TEST(Npy, WritesWhatNumPyWrites) {
  const std::string wanted = std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" +
                             std::string(60, ' ') + "\n" + std::string("\x00\x00\x80\x3f", 4);
  const Bytes got = npy_bytes({{1}, {1.0F}});
  EXPECT_EQ(std::string(got.begin(), got.end()), wanted);
}

TEST(Npy, ThroughAFile) {
  const auto path = std::filesystem::temp_directory_path() / "reverie_npy_test.npy";
  write_npy(path, {{2, 2}, {1.0F, 2.0F, 3.0F, 4.0F}});
  EXPECT_EQ(read_npy(path).data, (Floats{1.0F, 2.0F, 3.0F, 4.0F}));
  std::filesystem::remove(path);
  EXPECT_THROW(read_npy(path), Error);
}

TEST(Npy, EveryElementType) {
  struct Case {
    std::string descr;
    Bytes one;  // the value 1
  };
  const std::vector<Case> cases{{"|b1", {1}},
                                {"|u1", {1}},
                                {"|i1", {1}},
                                {"<u1", {1}},
                                {"<u2", {1, 0}},
                                {"<i2", {1, 0}},
                                {"<u4", {1, 0, 0, 0}},
                                {"<i4", {1, 0, 0, 0}},
                                {"<u8", {1, 0, 0, 0, 0, 0, 0, 0}},
                                {"<i8", {1, 0, 0, 0, 0, 0, 0, 0}},
                                {">i8", {0, 0, 0, 0, 0, 0, 0, 1}},
                                {">u2", {0, 1}},
                                {"<f2", {0, 0x3c}},
                                {"<f4", {0, 0, 0x80, 0x3f}},
                                {">f4", {0x3f, 0x80, 0, 0}},
                                {"<f8", {0, 0, 0, 0, 0, 0, 0xf0, 0x3f}},
                                {">f8", {0x3f, 0xf0, 0, 0, 0, 0, 0, 0}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.descr);
    EXPECT_EQ(parse_npy(npy(dict(c.descr, "()"), c.one), "a.npy").data, Floats{1.0F});
  }
}

TEST(Npy, EveryVersion) {
  for (const uint8_t version : {1, 2, 3}) {
    EXPECT_EQ(parse_npy(npy(dict("|u1", "(2,)"), {3, 4}, version), "a.npy").data, (Floats{3.0F, 4.0F}));
  }
}

TEST(Npy, FortranOrderIsTransposed) {
  // 2 x 3 x 2 with element (i, j, k) = 100 i + 10 j + k, first index fastest
  const Bytes stored{0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121};
  const Tensor t = parse_npy(npy(dict("|u1", "(2, 3, 2)", "True"), stored), "a.npy");
  EXPECT_EQ(t.shape, (std::vector<int64_t>{2, 3, 2}));
  EXPECT_EQ(t.data,
            (Floats{0.0F, 1.0F, 10.0F, 11.0F, 20.0F, 21.0F, 100.0F, 101.0F, 110.0F, 111.0F, 120.0F, 121.0F}));
  EXPECT_EQ(parse_npy(npy(dict("|u1", "(3,)", "True"), {1, 2, 3}), "a.npy").data, (Floats{1.0F, 2.0F, 3.0F}));
  EXPECT_TRUE(parse_npy(npy(dict("|u1", "(3, 0)", "True"), {}), "a.npy").data.empty());
}

TEST(Npy, WhatPythonAlsoWrites) {
  const std::vector<std::string> same{
      R"({"shape":(2,),"descr":"|u1","fortran_order":False})",
      "{'descr':'|u1','fortran_order':False,'shape':(2L,)}",
      " { 'descr' : '|u1' , 'fortran_order' : False , 'shape' : ( 2 , ) , } \n"};
  for (const std::string& header : same) {
    EXPECT_EQ(parse_npy(npy(header, {3, 4}), "a.npy").data, (Floats{3.0F, 4.0F})) << header;
  }
}

TEST(Npy, HostileHeaders) {
  EXPECT_EQ(why(""), "its header needs '{' at character 0");
  EXPECT_EQ(why("{"), "its header needs a string at character 1");
  EXPECT_EQ(why("{}"), "its header has no 'descr'");
  EXPECT_EQ(why("{'descr': '|u1', 'fortran_order': False}"), "its header has no 'shape'");
  EXPECT_EQ(why(dict("|u1", "(1,)") + "x"), "its header needs its end at character 58");
  EXPECT_EQ(why("{'descr': '|u1', 'descr': '|u1'}"), "its header has 'descr' twice");
  EXPECT_EQ(why("{'evil': 1}"), "its header has the unknown key 'evil'");
  EXPECT_EQ(why("{'descr': [('a', '<f4')]}"), "it holds records, not numbers");
  EXPECT_EQ(why("{'des\\x63r': '|u1'}"), "its header needs a string without escapes at character 1");
  EXPECT_EQ(why("{'descr: "), "its header needs a string that ends at character 1");
  for (const std::string type :
       {"|O", "|O8", "<U4", "|S3", "<c8", "<f16", "|f4", "=f4", "f4", "f", "", "<m8[ns]"}) {
    EXPECT_EQ(why(dict(type, "()")), "it holds elements of the unsupported type '" + type + "'");
  }
  EXPECT_EQ(why(dict("|u1", "()", "None")), "its header needs True or False at character 34");
  for (const std::string shape : {"1", "(1)", "(,)", "(-1,)", "(1.0,)", "(1,,)", "(1 1)", "[1]",
                                  "(9223372036854775808,)", "(__import__('os'),)", "(1,"}) {
    EXPECT_TRUE(why(dict("|u1", shape)).starts_with("its header needs "))
        << shape << ": " << why(dict("|u1", shape));
  }
}

TEST(Npy, HostileSizes) {
  EXPECT_EQ(why(dict("|u1", "(2,)")), "its shape [2] needs 2 bytes, it has 1 (copy the file again)");
  EXPECT_EQ(why(dict("|u1", "(0,)")), "its shape [0] needs 0 bytes, it has 1");
  EXPECT_EQ(why(dict("<f8", "(2305843009213693952,)")), "its shape [2305843009213693952] is too large");
  EXPECT_EQ(why(dict("|u1", "(4294967296, 4294967296, 0)")),
            "its shape [4294967296, 4294967296, 0] is too large");
  std::string many = "(";
  for (int i = 0; i < 100; ++i) many += "1,";
  EXPECT_EQ(why(dict("|u1", many + ")")), "it has more than 64 dimensions");
}

TEST(Npy, HostilePreambles) {
  EXPECT_EQ(error_of({}), "cannot read a.npy: it does not begin like a .npy file");
  Bytes b = npy(dict("|u1", "()"), {1});
  b[6] = 4;
  EXPECT_EQ(error_of(b), "cannot read a.npy: version 4.0 of the .npy format is unknown");
  b = npy(dict("|u1", "()"), {1}, 2);
  b[11] = 255;
  EXPECT_EQ(error_of(b), "cannot read a.npy: it claims a header of 4278190136 bytes");
}

TEST(Npy, CutOffAnywhereIsAnError) {
  const Bytes whole = npy(dict("<f4", "(2, 1)"), {0, 0, 0, 0, 1, 1, 1, 1});
  ASSERT_EQ(error_of(whole), "no error");
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_NE(error_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))), "no error")
        << n;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_NE(error_of(longer), "no error");
}

TEST(Npy, DataThatDoesNotFitItsShapeIsNotWritten) {
  EXPECT_THROW(npy_bytes({{3}, {1.0F}}), Error);
}

}  // namespace
}  // namespace reverie
