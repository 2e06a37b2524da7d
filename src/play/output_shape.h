// How the picture is put on a display: turned, flipped, cropped, its corners moved to where a projector at an
// angle needs them.  Kept for each display by its name.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace reverie {

struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

struct OutputShape {
  int quarters = 0;                                 // clockwise quarter turns, 0..3
  bool flip = false;                                // left and right, before it is turned
  double left = 0, right = 0, top = 0, bottom = 0;  // cut off from the picture: shares of its sides, 0..0.45
  // The corners' places (left top, right top, left bottom, right bottom) in the space that the picture would
  // fill: 0, 0 to 1, 1, and up to half of it beyond.
  std::array<Point, 4> corners = kSquare;

  static constexpr std::array<Point, 4> kSquare = {{{0, 0}, {1, 0}, {0, 1}, {1, 1}}};

  bool operator==(const OutputShape&) const = default;
  // Width by height of the picture as it is shown, given that of the picture.
  double aspect(double picture) const;
  // Where in the picture, 0..1, each of the corners shows.
  std::array<Point, 4> source() const;
  // The corner that a handle may be moved to: kept within bounds, and the shape convex.
  void move(size_t corner, Point to);
};

// How far away each corner is when a quadrilateral is a square seen in perspective: all above 0, for convex
// ones.
std::array<double, 4> perspective(const std::array<Point, 4>& corners);

using OutputShapes = std::map<std::string, OutputShape>;  // by the display's name

OutputShapes parse_output_shapes(std::string_view text, const std::string& file_name);
std::string format_output_shapes(const OutputShapes& shapes);

// ~/.config/reverie/displays.toml; empty if the system has no home folder.
std::filesystem::path output_shapes_file();
// None where there is no file; a damaged one is named in a warning.
OutputShapes read_output_shapes();
void write_output_shapes(const OutputShapes& shapes);

}  // namespace reverie
