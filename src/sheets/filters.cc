#include "sheets/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "sheets/colour_map.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

constexpr int kWidestSheet = 1600;  // pixels, if tiles may be enlarged
constexpr int kLargestTile = 64;    // pixels
constexpr int kSmallestTile = 14;   // below this a table is split into blocks instead
constexpr int kMostColumns = 512;   // of a table; further filters are not shown
constexpr int kMostRows = 256;
constexpr int kGap = 2;
constexpr double kShare = 0.99;  // of the weights lie within the scale

// Filter `out` as planes [in, height, width].
Planes filter_of(const FilterBank& bank, int out) {
  Planes planes(bank.in, bank.height, bank.width);
  const size_t size = planes.data().size();
  std::copy_n(bank.weights.begin() + static_cast<std::ptrdiff_t>(size * static_cast<size_t>(out)), size,
              planes.data().begin());
  return planes;
}

// The scale of the tiles; a few strong weights must not turn all others grey.
float scale_of(const FilterBank& bank) {
  const size_t expected = static_cast<size_t>(bank.out) * static_cast<size_t>(bank.in) *
                          static_cast<size_t>(bank.height) * static_cast<size_t>(bank.width);
  if (expected == 0 || expected != bank.weights.size()) {
    throw Error("draw", "filters",
                fmt::format("[{}, {}, {}, {}] is not the shape of {} weights", bank.out, bank.in, bank.height,
                            bank.width, bank.weights.size()));
  }
  return signed_limit(bank.weights, kShare);
}

int most_magnification(const FilterBank& bank) {
  return std::max(1, kLargestTile / std::max(bank.height, bank.width));
}

// About twice as wide as high, or a little wider if that fills the last row.
int columns_for(int tiles) {
  const int least = static_cast<int>(std::ceil(std::sqrt(2.0 * tiles)));
  for (int columns = least; columns <= least * 3 / 2; ++columns) {
    if (tiles % columns == 0) return columns;
  }
  return least;
}

std::string scale_text(const FilterBank& bank, float limit) {
  float largest = 0;
  for (const float w : bank.weights) largest = std::isfinite(w) ? std::max(largest, std::abs(w)) : largest;
  return fmt::format("{} filters {}x{}, {} channels; black -{:.3g}, white {:.3g}{}", bank.out, bank.width,
                     bank.height, bank.in, limit, limit,
                     largest > limit ? fmt::format(" (largest {:.3g})", largest) : "");
}

// How many fit side by side.
struct TableLook {
  int columns = 1, magnify = 1, gap = kGap;
};

TableLook look_of(const FilterBank& bank, int columns) {
  const int most = most_magnification(bank);
  TableLook look{columns, fitting_magnification(columns, bank.width, kWidestSheet, most), kGap};
  if (look.magnify * bank.width >= kSmallestTile || look.magnify == most) return look;
  look.gap = 1;
  look.magnify = std::min(most, (kSmallestTile + bank.width - 1) / bank.width);
  const int fit = std::max(1, kWidestSheet / (look.magnify * bank.width + look.gap));
  const int blocks = (columns + fit - 1) / fit;
  look.columns = (columns + blocks - 1) / blocks;
  return look;
}

// Numbers every cell, or every second, fifth, tenth, ... as space permits.
int number_stride(int cell, int needed) {
  for (const int stride : {1, 2, 5, 10, 20, 50}) {
    if (cell * stride >= needed) return stride;
  }
  return 100;
}

// tile(column, row) for columns first .. first + count - 1, numbered from 1; rows from 1 in steps of
// row_step.
Planes numbered_table(const std::function<Planes(int, int)>& tile, int first, int count, int rows,
                      int row_step, const TableLook& look) {
  std::vector<Planes> tiles;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < count; ++c) tiles.push_back(tile(first + c, r));
  }
  const Planes cells = grid(tiles, count, look.magnify, look.gap);
  const int cell_width = (cells.width() - look.gap) / count;
  const int cell_height = (cells.height() - look.gap) / rows;
  const int left = text_width(std::to_string(rows * row_step)) + 8;
  const int top = kLetterHeight + 5;
  Planes out = blank_sheet(top + cells.height(), left + cells.width());
  paste(cells, out, left, top);
  const int column_stride = number_stride(cell_width, text_width(std::to_string(first + count)) + 6);
  for (int i = 0; i < count; ++i) {
    if (i > 0 && (first + i + 1) % column_stride != 0) continue;
    const std::string number = std::to_string(first + i + 1);
    const int x = left + look.gap + i * cell_width + (cell_width - look.gap - text_width(number)) / 2;
    draw_text(out, x, 0, number, kFaintInk);
  }
  const int row_stride = number_stride(cell_height, kLetterHeight + 3);
  for (int i = 0; i < rows; ++i) {
    if (i % row_stride != 0) continue;
    const std::string number = std::to_string(i * row_step + 1);
    const int y = top + look.gap + i * cell_height + (cell_height - look.gap - kLetterHeight) / 2;
    draw_text(out, left - 4 - text_width(number), y, number, kFaintInk);
  }
  return out;
}

// The table of all filters, in blocks below one another if there are many.
Planes filter_table(const FilterBank& bank, int rows, int row_step,
                    const std::function<Planes(const Planes& filter, int row)>& tile) {
  const int columns = std::min(bank.out, kMostColumns);
  std::vector<Planes> filters;
  filters.reserve(static_cast<size_t>(columns));
  for (int o = 0; o < columns; ++o) filters.push_back(filter_of(bank, o));
  const TableLook look = look_of(bank, columns);
  std::vector<Planes> blocks;
  for (int first = 0; first < columns; first += look.columns) {
    blocks.push_back(numbered_table(
        [&](int column, int row) { return tile(filters[static_cast<size_t>(column)], row); }, first,
        std::min(look.columns, columns - first), std::min(rows, kMostRows), row_step, look));
  }
  return stacked(blocks);
}

}  // namespace

Planes filter_sheet(const FilterBank& bank, std::string_view title) {
  const float limit = scale_of(bank);
  const std::string scale = scale_text(bank, limit);
  if (bank.in == 3) {
    std::vector<Planes> tiles;
    tiles.reserve(static_cast<size_t>(bank.out));
    for (int o = 0; o < bank.out; ++o) tiles.push_back(signed_colour(filter_of(bank, o), 0, limit));
    const int columns = columns_for(bank.out);
    const int magnify = fitting_magnification(columns, bank.width, kWidestSheet, most_magnification(bank));
    return captioned(grid(tiles, columns, magnify, kGap), title, scale);
  }
  const auto tile = [&](const Planes& filter, int row) { return signed_grey(filter, row, limit); };
  return captioned(filter_table(bank, bank.in, 1, tile), title, scale);
}

Planes filter_triple_sheet(const FilterBank& bank, std::string_view title) {
  const float limit = scale_of(bank);
  const auto tile = [&](const Planes& filter, int row) { return signed_colour(filter, 3 * row, limit); };
  return captioned(filter_table(bank, (bank.in + 2) / 3, 3, tile), title,
                   scale_text(bank, limit) + "; three channels as red, green, blue");
}

}  // namespace reverie
