#include "sheets/sheet.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "sheets/filters.h"
#include "sheets/font.h"

namespace reverie {
namespace {

bool is(const Planes& p, int y, int x, const Colour& c) {
  return p.at(0, y, x) == c.r && p.at(1, y, x) == c.g && p.at(2, y, x) == c.b;
}

// How many pixels have this colour.
int count(const Planes& p, const Colour& c) {
  int n = 0;
  for (int y = 0; y < p.height(); ++y) {
    for (int x = 0; x < p.width(); ++x) n += is(p, y, x, c) ? 1 : 0;
  }
  return n;
}

TEST(Font, DrawsLettersOfTheirSizeAndCutsThemOff) {
  Planes p(3, 9, 20);
  draw_text(p, 1, 0, "I-", {1, 0.5F, 0});
  EXPECT_TRUE(is(p, 0, 2, {1, 0.5F, 0}));  // the I's foot and head are three wide
  EXPECT_TRUE(is(p, 6, 4, {1, 0.5F, 0}));
  EXPECT_TRUE(is(p, 3, 3, {1, 0.5F, 0}));
  EXPECT_TRUE(is(p, 3, 2, {}));
  EXPECT_EQ(count(p, {1, 0.5F, 0}), 11 + 5);
  EXPECT_EQ(text_width("I-"), 11);
  EXPECT_EQ(text_width("I-", 3), 33);
  EXPECT_EQ(text_width(""), 0);
  draw_text(p, -3, -3, "outside \xff", {1, 1, 1}, 4);
  draw_text(p, 18, 7, "outside", {1, 1, 1}, 2);
}

TEST(Font, EveryLetterHasInkOfItsOwn) {
  std::vector<std::vector<float>> seen;
  for (int c = 33; c < 127; ++c) {
    Planes p(3, 9, 6);
    draw_text(p, 0, 0, std::string(1, static_cast<char>(c)), {1, 1, 1});
    EXPECT_GE(count(p, {1, 1, 1}), 3) << static_cast<char>(c);
    for (int y = 0; y < 9; ++y) EXPECT_EQ(p.at(0, y, 5), 0) << static_cast<char>(c);
    EXPECT_EQ(std::find(seen.begin(), seen.end(), p.data()), seen.end()) << static_cast<char>(c);
    seen.push_back(p.data());
  }
}

TEST(Sheet, GridPlacesMagnifiesAndSeparates) {
  std::vector<Planes> pictures;
  for (int i = 0; i < 3; ++i) pictures.emplace_back(1, 2, 3, static_cast<float>(i + 1) / 4);
  const Planes sheet = grid(pictures, 2, 2, 1);
  ASSERT_EQ(sheet.width(), 2 * 6 + 3);
  ASSERT_EQ(sheet.height(), 2 * 4 + 3);
  EXPECT_TRUE(is(sheet, 0, 0, kGround));
  EXPECT_TRUE(is(sheet, 1, 1, {0.25F, 0.25F, 0.25F}));
  EXPECT_TRUE(is(sheet, 4, 6, {0.25F, 0.25F, 0.25F}));
  EXPECT_TRUE(is(sheet, 4, 7, kGround));
  EXPECT_TRUE(is(sheet, 1, 8, {0.5F, 0.5F, 0.5F}));
  EXPECT_TRUE(is(sheet, 6, 1, {0.75F, 0.75F, 0.75F}));
  EXPECT_TRUE(is(sheet, 6, 8, kGround));
  EXPECT_EQ(count(sheet, kGround), 15 * 11 - 3 * 24);
}

TEST(Sheet, SmallerPicturesFillTheirCellAsOftenAsTheyFit) {
  Planes large(3, 8, 8, 1.0F);
  Planes small(1, 3, 3);
  small.at(0, 1, 1) = 1;
  const std::vector<Planes> pictures = {large, small};
  const Planes sheet = grid(pictures, 2, 1, 2);
  ASSERT_EQ(sheet.width(), 22);
  // 3x3 fits twice into 8x8 and is centred: its middle pixel covers 15..16
  EXPECT_TRUE(is(sheet, 5, 15, {1, 1, 1}));
  EXPECT_TRUE(is(sheet, 6, 16, {1, 1, 1}));
  EXPECT_TRUE(is(sheet, 5, 14, {0, 0, 0}));
  EXPECT_TRUE(is(sheet, 5, 12, kGround));
}

TEST(Sheet, AnEmptyGridIsGround) {
  const Planes sheet = grid({}, 4, 2, 2);
  EXPECT_EQ(count(sheet, kGround), sheet.width() * sheet.height());
}

TEST(Sheet, PasteCutsOffAtEveryEdge) {
  Planes sheet(3, 4, 4);
  const Planes ones(1, 3, 3, 1.0F);
  paste(ones, sheet, -2, -2);
  paste(ones, sheet, 3, 3);
  paste(ones, sheet, 9, 0);
  paste(ones, sheet, 0, -9);
  EXPECT_EQ(count(sheet, {1, 1, 1}), 2);
  EXPECT_TRUE(is(sheet, 0, 0, {1, 1, 1}));
  EXPECT_TRUE(is(sheet, 3, 3, {1, 1, 1}));
}

TEST(Sheet, RowsHaveTheirLabelsBesideThem) {
  const Planes white(3, 32, 32, 1.0F);
  const std::vector<SheetRow> rows = {{"input", {white, white}}, {"level 1", {white}}};
  const Planes plain = labelled_rows(rows, "", 1, 2);
  EXPECT_EQ(plain.height(), 2 * 34 + 2);
  EXPECT_EQ(plain.width(), text_width("level 1", 2) + 20 + 2 * 34 + 2);
  EXPECT_EQ(count(plain, {1, 1, 1}), 3 * 32 * 32);
  EXPECT_GT(count(plain, kInk), 100);
  EXPECT_GT(labelled_rows(rows, "title", 1, 2).height(), plain.height());
}

TEST(Sheet, StackedPartsKeepTheirPlaces) {
  const std::vector<Planes> parts = {Planes(3, 4, 10, 1.0F), Planes(1, 2, 20, 0.5F)};
  const Planes sheet = stacked(parts, 3);
  EXPECT_EQ(sheet.height(), 9);
  EXPECT_EQ(sheet.width(), 20);
  EXPECT_TRUE(is(sheet, 0, 10, kGround));
  EXPECT_TRUE(is(sheet, 5, 0, kGround));
  EXPECT_TRUE(is(sheet, 7, 19, {0.5F, 0.5F, 0.5F}));
}

TEST(Sheet, ALongCaptionHasSeveralLines) {
  const Planes picture(3, 8, 600, 1.0F);
  std::string text = "one";
  const int line = captioned(picture, "title", text).height() - captioned(picture, "title").height();
  for (int i = 0; i < 40; ++i) text += " more";
  const Planes sheet = captioned(picture, "title", text);
  EXPECT_EQ(sheet.width(), 600);
  EXPECT_GE(sheet.height(), captioned(picture, "title").height() + 4 * line);
}

TEST(Sheet, MagnificationFitsTheWidth) {
  EXPECT_EQ(fitting_magnification(10, 3, 200, 9, 2), 6);
  EXPECT_EQ(fitting_magnification(1000, 3, 200, 9, 2), 1);
  EXPECT_EQ(fitting_magnification(1, 3, 2000, 9, 2), 9);
}

TEST(Filters, ColourTilesShareOneScaleWithZeroMidGrey) {
  std::vector<float> weights(2 * 3 * 3 * 3, 0.0F);
  weights[4] = 0.5F;         // filter 1, red, middle
  weights[27 + 9 + 4] = -1;  // filter 2, green, middle
  const FilterBank bank{weights, 2, 3, 3, 3};
  const Planes sheet = filter_sheet(bank, "encode 1");
  EXPECT_EQ(count(sheet, {0.75F, 0.5F, 0.5F}), 21 * 21);  // half of the largest
  EXPECT_EQ(count(sheet, {0.5F, 0, 0.5F}), 21 * 21);
  EXPECT_EQ(count(sheet, {0.5F, 0.5F, 0.5F}), 2 * 8 * 21 * 21);
}

TEST(Filters, OtherChannelsAreATableOfGreyTiles) {
  std::vector<float> weights(size_t{4} * 6 * 2 * 2, 0.0F);
  weights[0] = 1;
  const FilterBank bank{weights, 4, 6, 2, 2};
  const Planes sheet = filter_sheet(bank, "encode 2");
  EXPECT_EQ(count(sheet, {1, 1, 1}), 32 * 32);
  EXPECT_EQ(count(sheet, {0.5F, 0.5F, 0.5F}), (4 * 6 * 4 - 1) * 32 * 32);
  const Planes triples = filter_triple_sheet(bank, "encode 2");
  EXPECT_EQ(count(triples, {1, 0.5F, 0.5F}), 32 * 32);
  EXPECT_EQ(count(triples, {0.5F, 0.5F, 0.5F}), (4 * 2 * 4 - 1) * 32 * 32);
  EXPECT_LT(triples.height(), sheet.height());
}

TEST(Filters, ManyFiltersStandInBlocksAndStayVisible) {
  std::vector<float> weights(size_t{192} * 12 * 3 * 3, 0.25F);
  const FilterBank bank{weights, 192, 12, 3, 3};
  const Planes sheet = filter_sheet(bank, "encode 3");
  EXPECT_LT(sheet.width(), 1700);
  EXPECT_EQ(count(sheet, {1, 1, 1}), 192 * 12 * 15 * 15);
}

TEST(Filters, AFewStrongWeightsDoNotMakeTheOthersGrey) {
  std::vector<float> weights(size_t{8} * 3 * 5 * 5, 0.5F);
  weights[7] = 100;
  const FilterBank bank{weights, 8, 3, 5, 5};
  EXPECT_EQ(count(filter_sheet(bank, "encode 1"), {1, 1, 1}), 8 * 60 * 60);
}

TEST(Filters, WrongCountIsAnError) {
  const std::vector<float> weights(7);
  EXPECT_NE(message_of([&] {
              filter_sheet({weights, 1, 3, 3, 3}, "x");
            }).find("[1, 3, 3, 3]"),
            std::string::npos);
  EXPECT_NE(message_of([&] { filter_triple_sheet({{}, 0, 3, 3, 3}, "x"); }), "");
}

}  // namespace
}  // namespace reverie
