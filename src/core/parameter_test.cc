#include "core/parameter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace reverie {
namespace {

const ParameterTable& table() {
  static const ParameterTable t({number("zoom", 1, 0.5, 2, "times", "enlarge").levels().map(),
                                 integer("levels", 3, 0, 6, "", "how many").fixed(),
                                 choice("pool", "max", {"max", "mean", "stride"}, "pooling"),
                                 flag("mirror", false, "fold"), text("weights", "random", "file")});
  return t;
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Parameter, DefaultsAndLists) {
  ParameterValues v(table());
  EXPECT_EQ(v.number("zoom", 5), 1);
  v.set("zoom", {1.0, 1.5});
  EXPECT_EQ(v.number("zoom", 0), 1);
  EXPECT_EQ(v.number("zoom", 1), 1.5);
  EXPECT_EQ(v.number("zoom", 4), 1.5);
  EXPECT_EQ(v.text("weights"), "random");
}

TEST(Parameter, UnknownNameNamesTheNearest) {
  ParameterValues v(table());
  EXPECT_EQ(message([&] { v.set("zom", 1); }), "there is no parameter 'zom', did you mean 'zoom'?");
}

TEST(Parameter, OutOfRangeIsRefused) {
  ParameterValues v(table());
  EXPECT_EQ(message([&] { v.set("zoom", 3); }), "cannot set zoom: 3 is not allowed (allowed: 0.5 to 2)");
  EXPECT_THROW(v.set("zoom", std::nan("")), Error);
  EXPECT_THROW(v.set("levels", 1.5), Error);
  EXPECT_THROW(v.set("levels", std::vector<double>{1, 2}), Error);
  EXPECT_NE(message([&] { v.parse("pool", "men"); }).find("did you mean 'mean'"), std::string::npos);
  EXPECT_THROW(v.parse("mirror", "maybe"), Error);
  EXPECT_THROW(v.set_map("levels", {}), Error);
}

TEST(Parameter, ParsesTheCommandLine) {
  ParameterValues v(table());
  v.parse("zoom", "1.5, 0.5");
  EXPECT_EQ(v.list("zoom"), (std::vector<double>{1.5, 0.5}));
  v.parse("zoom", "1");
  v.parse("zoom.1", "2");
  EXPECT_EQ(v.list("zoom"), (std::vector<double>{1, 2, 1}));
  v.parse("pool", "stride");
  EXPECT_EQ(v.integer("pool"), 2);
  v.parse("mirror", "on");
  EXPECT_TRUE(v.flag("mirror"));
  v.parse("weights", "a.safetensors");
  EXPECT_EQ(v.text("weights"), "a.safetensors");
  EXPECT_THROW(v.parse("zoom.x", "1"), Error);
  EXPECT_THROW(v.parse("levels.1", "1"), Error);
}

TEST(Parameter, FormatsAsToml) {
  ParameterValues v(table());
  v.set("zoom", {1.25, 0.5});
  v.set_text("weights", "a\"b\\\n");
  EXPECT_EQ(v.format(table().index("zoom")), "[1.25, 0.5]");
  EXPECT_EQ(v.format(table().index("pool")), "\"max\"");
  EXPECT_EQ(v.format(table().index("mirror")), "false");
  EXPECT_EQ(v.format(table().index("weights")), "\"a\\\"b\\\\\\u000a\"");
  EXPECT_FALSE(v.is_initial(table().index("zoom")));
  EXPECT_TRUE(v.is_initial(table().index("pool")));
}

TEST(Parameter, NudgeStaysWithinTheRange) {
  ParameterValues v(table());
  v.nudge(0, 2, 9);
  EXPECT_EQ(v.list("zoom"), (std::vector<double>{1, 1, 2}));
  v.nudge(0, 2, std::nan(""));
  EXPECT_EQ(v.number("zoom", 2), 2);
}

}  // namespace
}  // namespace reverie
