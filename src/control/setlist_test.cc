#include "control/setlist.h"

#include <gtest/gtest.h>

#include "core/test_help.h"

namespace reverie {
namespace {

TEST(Setlist, IsReadAsItWasWritten) {
  const Setlist list = {
      {"smoke", 0, ""}, {"veil", 12.5, "the \"long\" one\nwith two lines"}, {"a/b.toml", 2, "x"}};
  EXPECT_EQ(parse_setlist(format_setlist(list), "list"), list);
  const TemporaryFolder folder;
  EXPECT_TRUE(read_setlist(folder.path() / "none.toml").empty());
  write_setlist(folder.path() / "new" / "list.toml", list);
  EXPECT_EQ(read_setlist(folder.path() / "new" / "list.toml"), list);
}

TEST(Setlist, WhatIsWrongIsNamedWithItsLine) {
  for (const char* text :
       {"[[entry]]\nfade = 1", "[[entry]]\npreset = \"a\"\nfade = -1", "[[entry]]\npreset = 3",
        "[[entry]]\npreset = \"\"", "[[entry]]\npreset = \"a\"\ncoment = \"b\"", "entry = 3"}) {
    const std::string why = message_of([&] { parse_setlist(text, "evening.toml"); });
    EXPECT_EQ(why.find("evening.toml:"), 0U) << text << ": " << why;
  }
}

}  // namespace
}  // namespace reverie
