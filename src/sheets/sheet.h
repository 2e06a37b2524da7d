// Sheets: pictures for looking at, on a dark background with thin gaps.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/planes.h"
#include "sheets/font.h"

namespace reverie {

inline constexpr Colour kGround = {0.07F, 0.075F, 0.085F};
inline constexpr Colour kInk = {0.84F, 0.85F, 0.87F};
inline constexpr Colour kFaintInk = {0.48F, 0.50F, 0.53F};

// An empty sheet, [3, height, width] in the background colour.
Planes blank_sheet(int height, int width);

// Every sample as factor x factor samples.
Planes magnified(const Planes& picture, int factor);

// Copies a picture [3 or 1, h, w] onto a sheet [3, H, W], with its upper left corner at (x, y); what falls
// outside is clipped.
void paste(const Planes& picture, Planes& sheet, int x, int y);

// Pictures [3 or 1, h, w] in rows of `columns`, magnified by whole numbers, with a gap of this many pixels
// around and between.  Cells have the size of the largest picture times `magnify`; a smaller picture is
// magnified by the largest factor that fits, and centred.
Planes grid(std::span<const Planes> pictures, int columns, int magnify = 1, int gap = 2);

struct SheetRow {
  std::string label;
  std::vector<Planes> pictures;
};

// Rows with labels on the left and a title above (empty for none); cells as in grid().
Planes labelled_rows(std::span<const SheetRow> rows, std::string_view title = "", int magnify = 1,
                     int gap = 2);

// A line of text above a picture, and a fainter text below it (empty for none), in lines as long as the
// picture is wide, or a little more for a small one.
Planes captioned(const Planes& picture, std::string_view title, std::string_view detail = "");

// Pictures below one another, left-aligned, with a gap.
Planes stacked(std::span<const Planes> parts, int gap = 12);

// The largest magnification, at most `most`, at which this many columns of cells of this many samples fit
// into `width` pixels; at least 1.
int fitting_magnification(int columns, int cell, int width, int most, int gap = 2);

}  // namespace reverie
