#include "latent/codes.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "latent/walk.h"
#include "models/pictures.h"

namespace reverie {
namespace {

VaeModel small(bool encoder, bool conditional = false) {
  VaeSettings s;
  if (encoder) {
    s.encoder = {"conv 6 3 2"};
  } else {
    s.decoder = {"deconv 6 5", "deconv 3 5"};
    s.top = 8;
    s.output = VaeActivation::kTanh;
  }
  s.conditional = conditional;
  s.codes = 6;
  s.spatial = false;
  s.width = s.height = 16;
  VaeModel model(s, {"night", "day"}, {1.0 / 127.5, true, torch::full({3, 1, 1}, 127.5)});
  model.initialise(3);
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < model.parameters().buffer_slices().size(); ++i) {
    if (model.parameters().buffer_slices()[i].name.starts_with("label."))
      model.parameters().cut_buffers()[i].fill_(2);
  }
  return model;
}

TEST(Codes, NamesAreSamplesLabelsAndWhatWasAdded) {
  const VaeModel model = small(true);
  CodeBook book(model, 5);
  EXPECT_TRUE(torch::equal(book.at("7"), draw_codes(6, 5, 7)));
  EXPECT_TRUE(torch::equal(book.at("night"), torch::full({1, 6}, 2.0)));
  EXPECT_FALSE(book.has("me.png"));
  book.add("me.png", torch::ones({1, 6}));
  EXPECT_TRUE(book.has("me.png"));
  EXPECT_NE(message_of([&] { book.at("nigth"); }).find("did you mean 'night'"), std::string::npos);
  VaeSettings grid = model.settings();
  grid.spatial = true;
  const VaeModel other(grid, {}, {});
  EXPECT_NE(message_of([&] { CodeBook(other, 1); }).find("a grid"), std::string::npos);
}

TEST(Codes, NamesOfAConditionalModelHoldTheLabel) {
  const VaeModel model = small(true, true);
  const CodeBook book(model, 5);
  EXPECT_EQ(book.at("7").size(1), 6 + 2);
  const torch::Tensor day = book.at("day");
  EXPECT_TRUE(torch::equal(day, model.with_labels(torch::full({1, 6}, 2.0), torch::tensor({1}))));
  // day's code told the other label
  const torch::Tensor sum = sum_of(book, parse_code_sum("1 - day + night"));
  EXPECT_EQ(sum.size(1), 6 + 2);
  EXPECT_NE(book.shown(day).data(), book.shown(book.at("night")).data());
  EXPECT_EQ(invert(model, from_picture(book.shown(day)), 5, 5).codes.size(1), 6 + 2);
}

TEST(Codes, SumsAreThoseOfTheMeans) {
  const VaeModel model = small(true);
  const CodeBook book(model, 5);
  const torch::Tensor sum = sum_of(book, parse_code_sum("1,2 - night + 4"));
  const torch::Tensor wanted = (book.at("1") + book.at("2")) / 2 - book.at("night") + book.at("4");
  EXPECT_LT((sum - wanted).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(parse_code_sum("great-wave").at(0).names.at(0), "great-wave");
  for (const char* wrong : {"", "1 2", "- 1", "1 - ", "1 + - 2"})
    EXPECT_NE(message_of([&] { parse_code_sum(wrong); }), "") << wrong;
}

// What a generator made itself is found again.
TEST(Codes, InversionFindsThePicture) {
  for (const bool encoder : {false, true}) {
    const VaeModel model = small(encoder);
    const CodeBook book(model, 5);
    torch::Tensor picture;
    {
      torch::NoGradGuard no_grad;
      picture = unapply(model.input, model.decode(draw_codes(6, 5, 500), 16, 16, model.constant()));
    }
    const Inversion found = invert(model, picture, 300, 5);
    EXPECT_GT(found.psnr, found.first + 10) << encoder;
    EXPECT_LT((found.codes - draw_codes(6, 5, 500)).abs().max().item<double>(), 0.3) << encoder;
  }
}

TEST(Codes, SheetsHaveAPictureForEachCode) {
  const VaeModel model = small(false);
  const CodeBook book(model, 5);
  EXPECT_GT(samples_sheet(book, 12).height(), 2 * 64);
  const Planes walk = between_sheet(book, {"0", "1", "2"}, 5);
  EXPECT_GT(walk.height(), 4 * 64);
  EXPECT_GT(walk.width(), 5 * 64);
  EXPECT_NE(message_of([&] { between_sheet(book, {"0"}, 5); }), "");
  EXPECT_GT(sum_sheet(book, "0,1 - 2").height(), 3 * 64);
}

}  // namespace
}  // namespace reverie
