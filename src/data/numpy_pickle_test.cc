#include "data/numpy_pickle.h"

#include <gtest/gtest.h>

#include "core/test_help.h"

namespace reverie {
namespace {

using namespace std::string_literals;

std::span<const uint8_t> bytes_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

std::string error_of(const std::string& pickle) {
  return message_of([&] { numpy_pickle(bytes_of(pickle), "a.pkl"); });
}

TEST(Pickle, ReadsPlainData) {
  // {b"a": [1, -2, 70000, 2**40], "b": (True, None, 0.5), "c": same list}
  const std::string text =
      "\x80\x04\x95\0\0\0\0\0\0\0\0}\x94(C\x01"
      "a\x94]\x94(K\x01J\xfe\xff\xff\xffJ\x70\x11\x01\0\x8a\x06\0\0\0\0\0\x01"
      "e\x8c\x01"
      "b\x88NG\x3f\xe0\0\0\0\0\0\0\x87\x8c\x01"
      "ch\x02u."s;
  const Pickle pickle = numpy_pickle(bytes_of(text), "a.pkl");
  const PickleValue* a = pickle.root().find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(pickled_numbers(*a, "a.pkl", "its a"), (std::vector<int64_t>{1, -2, 70000, int64_t{1} << 40U}));
  ASSERT_EQ(pickle.root().find("b")->items.size(), 3U);
  EXPECT_EQ(pickle.root().find("c"), a);
  EXPECT_EQ(pickle.root().find("d"), nullptr);
  EXPECT_NE(
      message_of([&] { pickled_numbers(*pickle.root().find("b"), "a.pkl", "its b"); }).find("its b are not"),
      std::string::npos);
}

// Arrays as NumPy 1 with Python 3 gives them to protocol 2, and NumPy 2 to protocol 5.
TEST(Pickle, ReadsArrays) {
  const std::string encoded =
      "\x80\x02"
      "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
      "c_codecs\nencode\nX\x01\0\0\0"
      "bX\x06\0\0\0latin1\x86R\x87R(K\x01K\x03\x85"
      "cnumpy\ndtype\nX\x02\0\0\0u1\x89\x88\x87R(K\x03X\x01\0\0\0|NNNJ"
      "\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89"
      "c_codecs\nencode\nX\x05\0\0\0a\xc3\xbf\xc2\x80X\x06\0\0\0latin1"
      "\x86Rtb."s;
  const Pickle old = numpy_pickle(bytes_of(encoded), "a.pkl");
  EXPECT_EQ(old.root().shape, std::vector<int64_t>{3});
  EXPECT_EQ(pickled_numbers(old.root(), "a.pkl", "it"), (std::vector<int64_t>{'a', 255, 128}));

  const std::string buffered =
      "\x80\x05\x8c\x13numpy._core.numeric\x8c\x0b_frombuffer\x93("
      "\x96\x08\0\0\0\0\0\0\0\xff\xff\xff\xff\x02\0\0\0"
      "\x8c\x05numpy\x8c\x05"
      "dtype\x93\x8c\x02i4\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
      "K\x02\x85\x8c\x01"
      "CtR."s;
  const Pickle fresh = numpy_pickle(bytes_of(buffered), "a.pkl");
  EXPECT_EQ(pickled_numbers(fresh.root(), "a.pkl", "it"), (std::vector<int64_t>{-1, 2}));
}

TEST(Pickle, RunsNothing) {
  EXPECT_EQ(
      error_of("\x80\x02"
               "cos\nsystem\nX\x02\0\0\0ls\x85R."s),
      "cannot read a.pkl: the pickle needs Python's os.system, and Reverie runs nothing that a file names "
      "(save pictures as PNG, weights as safetensors)");
  EXPECT_NE(error_of("\x80\x04\x8c\x08"
                     "builtins\x8c\x04"
                     "eval\x93."s)
                .find("builtins.eval"),
            std::string::npos);
  EXPECT_NE(error_of("\x80\x02(ios\nsystem\n."s).find("opcode 0x69 at byte 3"), std::string::npos);
}

TEST(Pickle, RefusesWhatIsDamaged) {
  for (const std::string& pickle :
       {""s, "\x80"s, "\x80\x04"s, "\x80\x02."s, "\x80\x02K"s,
        "\x80\x02U\x05"
        "ab."s,
        "\x80\x02h\x01."s, "\x80\x02(."s, "\x80\x02(K\x01u."s, "\x80\x02}(K\x01u."s,
        "\x80\x02K\x01"
        "a."s,
        "\x80\x02"
        "e."s,
        "\x80\x02NNR."s,
        "\x80\x02"
        "cnumpy\ndtype\n)R."s,
        "\x80\x02"
        "cnumpy\nndarray"s,
        "\x80\x02NNb."s, "(dp0\n."s, "\x80\x06N."s,
        "\x80\x02\x8a\x09"
        "123456789."s})
    EXPECT_NE(error_of(pickle), "") << pickle;
  // an array of other bytes than its shape says, whose product overflows
  const std::string array =
      "\x80\x02"
      "cnumpy.core.multiarray\n_reconstruct\n)R(K\x01(J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7ft"
      "cnumpy\ndtype\nU\x02u1\x85R\x89U\x01.tb."s;
  EXPECT_NE(error_of(array).find("damaged"), std::string::npos);
  // a list may hold itself
  const std::string loop =
      "\x80\x02]q\x01h\x01"
      "a."s;
  const Pickle pickle = numpy_pickle(bytes_of(loop), "a.pkl");
  EXPECT_EQ(pickle.root().items[0], &pickle.root());
}

}  // namespace
}  // namespace reverie
