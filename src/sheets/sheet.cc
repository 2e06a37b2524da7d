#include "sheets/sheet.h"

#include <algorithm>

#include "core/text.h"

namespace reverie {
namespace {

constexpr int kCaptionScale = 2;
constexpr int kMargin = 10;  // around captions, pixels

struct Cell {
  int width = 1, height = 1;
};

Cell largest(std::span<const Planes> pictures, Cell cell = {}) {
  for (const Planes& p : pictures)
    cell = {std::max(cell.width, p.width()), std::max(cell.height, p.height())};
  return cell;
}

// Magnified as far as the cell allows, and centred in it.
void paste_into_cell(const Planes& picture, const Cell& cell, Planes& sheet, int x, int y) {
  if (picture.empty()) return;
  const int factor = std::max(1, std::min(cell.width / picture.width(), cell.height / picture.height()));
  paste(magnified(picture, factor), sheet, x + (cell.width - picture.width() * factor) / 2,
        y + (cell.height - picture.height() * factor) / 2);
}

// Words in lines of at most so many pixels, but for a single longer word.
std::vector<std::string> wrapped(std::string_view text, int room) {
  std::vector<std::string> lines;
  for (const std::string& word : split(text, ' ')) {
    if (word.empty()) continue;
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && text_width(longer, kCaptionScale) <= room) {
      lines.back() = longer;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

}  // namespace

Planes blank_sheet(int height, int width) {
  Planes out(3, height, width);
  const auto plane = static_cast<std::ptrdiff_t>(out.plane_size());
  std::fill_n(out.plane(0), plane, kGround.r);
  std::fill_n(out.plane(1), plane, kGround.g);
  std::fill_n(out.plane(2), plane, kGround.b);
  return out;
}

Planes magnified(const Planes& picture, int factor) {
  if (factor <= 1) return picture;
  Planes out(picture.channels(), picture.height() * factor, picture.width() * factor);
  for (int c = 0; c < out.channels(); ++c) {
    for (int y = 0; y < out.height(); ++y) {
      const float* from = picture.row(c, y / factor);
      float* to = out.row(c, y);
      for (int x = 0; x < out.width(); ++x) to[x] = from[x / factor];
    }
  }
  return out;
}

void paste(const Planes& picture, Planes& sheet, int x, int y) {
  const int left = std::max(0, -x);
  const int right = std::min(picture.width(), sheet.width() - x);
  if (right <= left) return;
  for (int c = 0; c < 3; ++c) {
    const int from_channel = picture.channels() == 3 ? c : 0;
    for (int v = std::max(0, -y); v < std::min(picture.height(), sheet.height() - y); ++v) {
      const float* from = picture.row(from_channel, v);
      std::copy(from + left, from + right, sheet.row(c, y + v) + x + left);
    }
  }
}

Planes grid(std::span<const Planes> pictures, int columns, int magnify, int gap) {
  const int count = static_cast<int>(pictures.size());
  columns = std::clamp(columns, 1, std::max(1, count));
  const int rows = std::max(1, (count + columns - 1) / columns);
  Cell cell = largest(pictures);
  cell = {cell.width * magnify, cell.height * magnify};
  Planes out = blank_sheet(rows * (cell.height + gap) + gap, columns * (cell.width + gap) + gap);
  for (int i = 0; i < count; ++i) {
    paste_into_cell(pictures[static_cast<size_t>(i)], cell, out, gap + i % columns * (cell.width + gap),
                    gap + i / columns * (cell.height + gap));
  }
  return out;
}

Planes labelled_rows(std::span<const SheetRow> rows, std::string_view title, int magnify, int gap) {
  Cell cell;
  size_t columns = 1;
  int label = 0;
  for (const SheetRow& row : rows) {
    cell = largest(row.pictures, cell);
    columns = std::max(columns, row.pictures.size());
    label = std::max(label, text_width(row.label, kCaptionScale));
  }
  cell = {cell.width * magnify, cell.height * magnify};
  const int row_height = std::max(cell.height, (kLetterHeight + kLetterDrop) * kCaptionScale) + gap;
  const int left = label > 0 ? label + 2 * kMargin : gap;
  Planes out = blank_sheet(static_cast<int>(rows.size()) * row_height + gap,
                           left + static_cast<int>(columns) * (cell.width + gap) + gap);
  int y = gap;
  for (const SheetRow& row : rows) {
    draw_text(out, kMargin, y + (row_height - gap - kLetterHeight * kCaptionScale) / 2, row.label, kInk,
              kCaptionScale);
    int x = left;
    for (const Planes& p : row.pictures) {
      paste_into_cell(p, cell, out, x, y);
      x += cell.width + gap;
    }
    y += row_height;
  }
  return title.empty() ? out : captioned(out, title);
}

Planes captioned(const Planes& picture, std::string_view title, std::string_view detail) {
  constexpr int kLine = (kLetterHeight + kLetterDrop) * kCaptionScale + 6;
  constexpr int kLeastWidth = 480;
  const int room = std::max({picture.width(), text_width(title, kCaptionScale) + 2 * kMargin, kLeastWidth});
  const std::vector<std::string> lines = wrapped(detail, room - 2 * kMargin);
  int width = std::max(picture.width(), text_width(title, kCaptionScale) + 2 * kMargin);
  for (const std::string& line : lines)
    width = std::max(width, text_width(line, kCaptionScale) + 2 * kMargin);
  const int top = kMargin + kLine * (1 + static_cast<int>(lines.size()));
  Planes out = blank_sheet(top + picture.height(), width);
  draw_text(out, kMargin, kMargin, title, kInk, kCaptionScale);
  for (size_t i = 0; i < lines.size(); ++i)
    draw_text(out, kMargin, kMargin + kLine * (1 + static_cast<int>(i)), lines[i], kFaintInk, kCaptionScale);
  paste(picture, out, 0, top);
  return out;
}

Planes stacked(std::span<const Planes> parts, int gap) {
  int width = 1;
  int height = -gap;
  for (const Planes& p : parts) {
    width = std::max(width, p.width());
    height += p.height() + gap;
  }
  Planes out = blank_sheet(std::max(1, height), width);
  int y = 0;
  for (const Planes& p : parts) {
    paste(p, out, 0, y);
    y += p.height() + gap;
  }
  return out;
}

int fitting_magnification(int columns, int cell, int width, int most, int gap) {
  const int room = width / std::max(1, columns) - gap;
  return std::clamp(room / std::max(1, cell), 1, std::max(1, most));
}

}  // namespace reverie
