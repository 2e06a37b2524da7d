#include <gtest/gtest.h>

#include "core/test_help.h"
#include "core/text.h"
#include "core/toml_guard.h"
#include "core/toml_reader.h"
#include "core/toml_tree.h"
#include "core/utf8.h"

namespace reverie {
namespace {

TomlNode parse(std::string_view text) {
  return parse_toml(text, "f.toml");
}

std::string error_of(std::string_view text) {
  return message_of([&] { parse(text); });
}

TEST(TomlTree, KeepsOrderLinesAndTypes) {
  const TomlNode root = parse("z = 1\na = [1.5,\n true]\n[t]\nx = 'w'\nd = 1979-05-27\n");
  ASSERT_EQ(root.items.size(), 3U);
  EXPECT_EQ(root.items[0].key, "z");
  EXPECT_EQ(root.items[0].whole, 1);
  EXPECT_EQ(root.items[0].number, 1);
  const TomlNode& list = root.items[1];
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.line, 2);
  EXPECT_EQ(list.items[0].number, 1.5);
  EXPECT_EQ(list.items[1].line, 3);
  EXPECT_TRUE(list.items[1].flag);
  const TomlNode& table = root.items[2];
  EXPECT_EQ(table.kind, TomlNode::Kind::kTable);
  EXPECT_EQ(table.line, 4);
  EXPECT_EQ(table.items[0].text, "w");
  EXPECT_EQ(table.items[0].line, 5);
  EXPECT_EQ(table.items[1].kind, TomlNode::Kind::kDate);
}

TEST(TomlTree, SyntaxErrorsNameTheLine) {
  EXPECT_TRUE(error_of("a = 1\nb = = 2\n").starts_with("f.toml:2: ")) << error_of("a = 1\nb = = 2\n");
  EXPECT_TRUE(error_of("a = 1\na = 2\n").starts_with("f.toml:2: "));
  EXPECT_NE(error_of("a = \"\xff\"\n"), "");
  EXPECT_NE(error_of(std::string(3, '\0')), "");
}

TEST(TomlTree, TooLongIsRefused) {
  EXPECT_EQ(error_of(std::string(kMostTomlBytes, '\n')), "");
  EXPECT_EQ(error_of(std::string(kMostTomlBytes + 1, '\n')),
            "cannot read f.toml: it is larger than the 1048576 bytes allowed here");
}

std::string times(int n, std::string_view s) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

TEST(TomlTree, DeepNestingIsRefusedBeforeItOverflowsTheStack) {
  constexpr int kMany = 200000;
  const std::string why = "nested deeper than 16 levels";
  EXPECT_EQ(error_of("\na" + times(kMany, ".a") + " = 1"), "f.toml:2: " + why);
  EXPECT_EQ(error_of("[a" + times(kMany, ".a") + "]"), "f.toml:1: " + why);
  EXPECT_EQ(error_of("a" + times(kMany, ".\"=\"") + " = 1"), "f.toml:1: " + why);
  EXPECT_EQ(error_of("a" + times(kMany, " .''") + " = 1"), "f.toml:1: " + why);
  EXPECT_EQ(error_of("x = " + times(kMany, "[")), "f.toml:1: " + why);
  EXPECT_EQ(error_of("x = " + times(kMany / 4, "{a=")), "f.toml:1: " + why);
}

// Strings that a careless scanner would leave open or close too early, each followed by a deep key.
TEST(TomlTree, NothingHidesDeepNesting) {
  const std::string deep = "a" + times(20, ".a") + " = 1";
  for (const std::string start : {"x = \"\"\"q\"\"\"\"\ny = 1\n", "x = '''q'''''\ny = 1\n", "x = \"a\\\"\"\n",
                                  "x = 'a\\'\n", "# it's\n", "x = \"\"\n", "\"\" = 1\n",
                                  "x = \"\"\"\\\"\"\"\"\n", "x = {q = \"\"\"q\"\"\"\", w = '''w''''}\n"}) {
    EXPECT_EQ(error_of(start), "") << start;
    EXPECT_NE(error_of(start + deep).find("nested deeper"), std::string::npos) << start;
  }
  EXPECT_NE(error_of("x = {q = \"\"\"q\"\"\"\", " + deep + "}").find("nested deeper"), std::string::npos);
}

// Cases where toml++ 3.3 by itself has undefined behaviour, which the sanitizers detect.
TEST(TomlTree, LettersBeyondAscii) {
  const TomlNode root = parse("\xEF\xBB\xBF\"Ňé\" = ['é€', \"\\u00e9😀\", \"\"\"\\\n Ň\"\"\"] # é\n");
  EXPECT_EQ(root.items[0].key, "Ňé");
  EXPECT_EQ(root.items[0].items[0].text, "é€");
  EXPECT_EQ(root.items[0].items[1].text, "é😀");
  EXPECT_EQ(root.items[0].items[2].text, "Ň");
  for (const std::string bad :
       {"é = 1", "x = é", "x = 1 é", "x\u00A0= 1", "[é]", "\"é", "x = \"\\é\"", "x = 0['é']"})
    EXPECT_TRUE(error_of("\n" + bad).starts_with("f.toml:2: ")) << bad;
  EXPECT_NE(error_of("é = 1").find("'é'"), std::string::npos);
}

TEST(TomlTree, DotsThatDoNotNestArePlenty) {
  EXPECT_EQ(
      error_of("x = [" + times(1000, "0.5, ") + "]\ny = \"" + times(100, ".") + "\" # " + times(100, "[.")),
      "");
}

TEST(Utf8, EveryLetterGoesInAndOut) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    std::string s;
    append_letter(s, code);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const Utf8Letter letter = front_letter(s);
    ASSERT_EQ(letter.bytes, surrogate ? 0 : s.size()) << static_cast<uint32_t>(code);
    ASSERT_EQ(letter.code, surrogate ? 0 : code);
    ASSERT_TRUE(code >= 0x100000 || code == 0xFEFF || unshield_letters(shield_letters(s)) == s);
  }
}

TEST(TomlTree, QuotesAnyBytes) {
  EXPECT_EQ(quote_toml("a\"b\\\n\x7f"), "\"a\\\"b\\\\\\u000a\\u007f\"");
  EXPECT_EQ(quote_toml("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(quote_toml("\xff\xC3"), "\"" + mark + mark + "\"");
  for (const std::string bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80"})
    EXPECT_EQ(parse("x = " + quote_toml(bad)).items[0].text, times(static_cast<int>(bad.size()), mark));
}

TEST(TomlReader, IsStrict) {
  const TomlNode root = parse("a = 1\nb = 'x'\nlist = [1, 2]\nnan = nan\n[t]\nq = 1\n");
  EXPECT_EQ(message_of([&] {
              TomlReader(root, "f.toml", {"list", "bx", "a", "nan", "t"});
            }),
            "f.toml:2: there is no key 'b' here, did you mean 'bx'?");
  const TomlReader r(root, "f.toml", {"a", "b", "list", "nan", "t"});
  EXPECT_EQ(r.whole("a", 0, 1), 1);
  EXPECT_EQ(r.number("c", 0, 1, 0.5), 0.5);
  EXPECT_EQ(message_of([&] { r.text("a"); }), "f.toml:1: 'a' must be a string, not a whole number");
  EXPECT_EQ(message_of([&] { r.whole("a", 2, 3); }), "f.toml:1: 'a' must be 2 to 3, not 1");
  EXPECT_EQ(message_of([&] { r.number("nan", 0, 1); }), "f.toml:4: 'nan' must be 0 to 1, not nan");
  EXPECT_EQ(message_of([&] { r.flag("b", false); }), "f.toml:2: 'b' must be true or false, not a string");
  EXPECT_EQ(message_of([&] { r.number("list", 0, 1); }), "f.toml:3: 'list' must be a number, not a list");
  EXPECT_EQ(message_of([&] { r.text("q"); }), "f.toml:1: 'q' is missing");
  EXPECT_EQ(message_of([&] { r.tables("t"); }),
            "f.toml:5: 't' must be a list of tables, each starting with [[t]]");
  EXPECT_EQ(message_of([&] {
              r.word<int>("b", {"xy", "z"});
            }),
            "f.toml:2: 'b' must be one of xy, z, not 'x', did you mean 'xy'?");
}

TEST(TomlReader, SeedsOfAnySizeComeBack) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{INT64_MAX}, uint64_t{1} << 63U, UINT64_MAX}) {
    const TomlNode root = parse("seed = " + toml_seed(seed) + "\n");
    EXPECT_EQ(TomlReader(root, "f.toml", {"seed"}).seed("seed"), seed);
  }
  const TomlNode root = parse("a = -1\nb = 'x'\nc = '18446744073709551616'\n");
  const TomlReader r(root, "f.toml", {"a", "b", "c"});
  EXPECT_EQ(r.seed("d", 7), 7U);
  EXPECT_NE(message_of([&] { r.seed("a"); }), "");
  EXPECT_EQ(message_of([&] { r.seed("b"); }), "f.toml:2: 'x' is not a seed of 0 to 18446744073709551615");
  EXPECT_NE(message_of([&] { r.seed("c"); }), "");
}

TEST(TomlReader, HostileTextsNeverReachTheTerminal) {
  const TomlNode root = parse("\"\\u001b[31m\" = 1\nz = \"a\\u0000b\"\nl = \"" + times(5000, "x") + "\"\n");
  EXPECT_EQ(message_of([&] {
              TomlReader(root, "f.toml", {"z", "l"});
            }),
            "f.toml:1: there is no key ' [31m' here");
  const TomlReader r(root, "f.toml", {"\x1b[31m", "z", "l"});
  EXPECT_EQ(message_of([&] { r.text("z"); }), "f.toml:2: 'z' has a zero character in it");
  EXPECT_EQ(message_of([&] { r.text("l"); }), "f.toml:3: 'l' is longer than 4096 bytes");
  EXPECT_LT(message_of([&] { fail_at_line("f.toml", 1, times(5000, "x")); }).size(), 1100U);
}

}  // namespace
}  // namespace reverie
