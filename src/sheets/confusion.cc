#include "sheets/confusion.h"

#include <fmt/format.h>

#include <algorithm>

#include "sheets/font.h"
#include "sheets/sheet.h"

namespace reverie {

Planes confusion_sheet(const Confusion& confusion, const std::vector<std::string>& labels,
                       std::string_view title) {
  constexpr int kCell = 72;
  std::vector<SheetRow> rows;
  for (size_t i = 0; i < labels.size(); ++i) {
    int all = 0;
    for (const int n : confusion[i]) all += n;
    SheetRow row = {labels[i], {}};
    for (size_t j = 0; j < labels.size(); ++j) {
      const float share = all == 0 ? 0 : static_cast<float>(confusion[i][j]) / static_cast<float>(all);
      Planes cell(3, kCell, kCell);
      const float right[] = {0.10F, 0.45F, 0.30F};
      const float wrong[] = {0.65F, 0.20F, 0.15F};
      for (int c = 0; c < 3; ++c) {
        const float full = i == j ? right[c] : wrong[c];
        std::fill_n(cell.plane(c), cell.plane_size(), 0.12F + share * (full - 0.12F));
      }
      const std::string text = fmt::format("{:.0f}", 100 * share);
      draw_text(cell, (kCell - text_width(text, 2)) / 2, kCell / 2 - 14, text, kInk, 2);
      const std::string& answer = labels[j];
      draw_text(cell, (kCell - text_width(answer)) / 2, kCell - 18, answer, kFaintInk);
      row.pictures.push_back(std::move(cell));
    }
    rows.push_back(std::move(row));
  }
  return labelled_rows(rows, title);
}

int all_answers(const Confusion& confusion) {
  int all = 0;
  for (const auto& row : confusion) {
    for (const int n : row) all += n;
  }
  return all;
}

int right_answers(const Confusion& confusion) {
  int right = 0;
  for (size_t i = 0; i < confusion.size(); ++i) right += confusion[i][i];
  return right;
}

}  // namespace reverie
