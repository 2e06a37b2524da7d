#include "sheets/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sheets/line.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

constexpr int kScale = 2;              // of the letters
constexpr size_t kManyPoints = 300;    // from this many points a running mean is drawn too
constexpr size_t kMeansPerCurve = 60;  // widths of the running mean that make up one curve
constexpr Colour kGridLine = {0.16F, 0.17F, 0.19F};
constexpr float kLineRadius = 1.1F;  // pixels
constexpr std::array<Colour, 6> kLines = {{{0.36F, 0.66F, 0.96F},
                                           {0.98F, 0.63F, 0.26F},
                                           {0.48F, 0.80F, 0.45F},
                                           {0.93F, 0.42F, 0.50F},
                                           {0.73F, 0.58F, 0.92F},
                                           {0.90F, 0.85F, 0.42F}}};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  double part(double v) const { return (v - low) / (high - low); }
};

// Where a value lies, in pixels of the plot's frame.
struct Frame {
  int left = 0, top = 0, right = 0, bottom = 0;
  Range x, y;  // y: of the logarithms on a logarithmic axis
  double column(double v) const { return left + x.part(v) * (right - left); }
  double row(double v) const { return bottom - y.part(v) * (bottom - top); }
};

// The points that can be shown; y as drawn (its logarithm).
CurveSeries drawable(const CurveSeries& s, bool log_y) {
  CurveSeries out{s.name, {}, {}};
  for (size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    const double y = log_y ? std::log10(s.y[i]) : s.y[i];
    if (!std::isfinite(s.x[i]) || !std::isfinite(y)) continue;
    out.x.push_back(s.x[i]);
    out.y.push_back(y);
  }
  return out;
}

// The mean of each point's neighbourhood, cut off at the ends.
CurveSeries running_mean(const CurveSeries& s) {
  const size_t reach = std::max<size_t>(1, s.y.size() / kMeansPerCurve / 2);
  std::vector<double> sums = {0};
  for (const double y : s.y) sums.push_back(sums.back() + y);
  CurveSeries out = s;
  for (size_t i = 0; i < s.y.size(); ++i) {
    const size_t from = i < reach ? 0 : i - reach;
    const size_t to = std::min(s.y.size(), i + reach + 1);
    out.y[i] = (sums[to] - sums[from]) / static_cast<double>(to - from);
  }
  return out;
}

// The best of 1, 2, 5 times a power of ten for a step: at most `most` steps fit into the length.
double nice_step(double length, int most) {
  const double least = length / most;
  const double ten = std::pow(10.0, std::floor(std::log10(least)));
  for (const double m : {1.0, 2.0, 5.0}) {
    if (ten * m >= least * 0.999) return ten * m;
  }
  return ten * 10;
}

struct Tick {
  double place = 0;  // in the units of the axis as drawn
  std::string text;
};

std::vector<Tick> linear_ticks(const Range& range, int most) {
  std::vector<Tick> ticks;
  const double step = nice_step(range.high - range.low, most);
  const double first = std::ceil(range.low / step - 1e-9);
  for (double i = first; i * step <= range.high + step * 1e-9; ++i)
    ticks.push_back({i * step, fmt::format("{:g}", i == 0 ? 0.0 : i * step)});  // no -0
  return ticks;
}

// Decades; if there are few, also 2 and 5 in between.  If fewer than two of these are in range, even steps of
// the value itself.
std::vector<Tick> log_ticks(const Range& range, int most) {
  std::vector<Tick> ticks;
  const double decades = range.high - range.low;
  const int every = std::max(1, static_cast<int>(std::ceil(decades / most)));
  for (int e = static_cast<int>(std::floor(range.low)); e <= static_cast<int>(std::ceil(range.high)); ++e) {
    for (const double m : {1.0, 2.0, 5.0}) {
      if (m > 1 && decades > 2.5) continue;
      const double place = e + std::log10(m);
      if (e % every != 0 || place < range.low || place > range.high) continue;
      ticks.push_back({place, fmt::format("{:g}", m * std::pow(10.0, e))});
    }
  }
  if (ticks.size() >= 2) return ticks;
  ticks = linear_ticks({std::pow(10.0, range.low), std::pow(10.0, range.high)}, most);
  for (Tick& t : ticks) t.place = std::log10(t.place);
  return ticks;
}

void fill_rectangle(Planes& p, int x0, int y0, int x1, int y1, const Colour& colour) {
  const std::array<float, 3> rgb = {colour.r, colour.g, colour.b};
  for (int c = 0; c < 3; ++c) {
    for (int y = std::max(0, y0); y < std::min(p.height(), y1); ++y) {
      for (int x = std::max(0, x0); x < std::min(p.width(), x1); ++x)
        p.at(c, y, x) = rgb[static_cast<size_t>(c)];
    }
  }
}

void draw_line(Planes& sheet, const Frame& frame, const CurveSeries& s, const Colour& colour, float opacity) {
  if (s.x.empty()) return;
  Planes cover(1, sheet.height(), sheet.width());
  for (size_t i = 0; i < s.x.size(); ++i) {
    const size_t from = i == 0 ? 0 : i - 1;  // a single point is a dot
    cover_segment(cover, frame.column(s.x[from]), frame.row(s.y[from]), frame.column(s.x[i]),
                  frame.row(s.y[i]), kLineRadius);
  }
  paint(sheet, cover, colour, opacity);
}

// Adds space above and below, so that no range has length 0.
Range with_room(Range r, double share) {
  if (!(r.low <= r.high)) return {0, 1};
  double room = (r.high - r.low) * share;
  if (r.low == r.high) room = std::max(1e-6, std::abs(r.low) * 0.1);
  return {r.low - room, r.high + room};
}

void draw_axes(Planes& sheet, const Frame& f, const std::vector<Tick>& x, const std::vector<Tick>& y) {
  constexpr int kHalf = kLetterHeight * kScale / 2;
  for (const Tick& t : y) {
    const int row = static_cast<int>(std::lround(f.row(t.place)));
    fill_rectangle(sheet, f.left, row, f.right, row + 1, kGridLine);
    draw_text(sheet, f.left - 10 - text_width(t.text, kScale), row - kHalf, t.text, kFaintInk, kScale);
  }
  for (const Tick& t : x) {
    const int column = static_cast<int>(std::lround(f.column(t.place)));
    fill_rectangle(sheet, column, f.top, column + 1, f.bottom, kGridLine);
    const int width = text_width(t.text, kScale);
    draw_text(sheet, std::min(column - width / 2, sheet.width() - width - 4), f.bottom + 10, t.text,
              kFaintInk, kScale);
  }
}

// The names in their colours, right-aligned, one below the other.
void draw_names(Planes& sheet, const Frame& f, const std::vector<CurveSeries>& lines) {
  int y = f.top + 8;
  for (size_t i = 0; i < lines.size(); ++i) {
    const int width = text_width(lines[i].name, kScale);
    const int x = f.right - width - 10;
    fill_rectangle(sheet, x - 26, y - 4, f.right - 4, y + (kLetterHeight + kLetterDrop) * kScale + 2,
                   kGround);
    fill_rectangle(sheet, x - 22, y + 5, x - 8, y + 9, kLines.at(i % kLines.size()));
    draw_text(sheet, x, y, lines[i].name, kInk, kScale);
    y += (kLetterHeight + kLetterDrop) * kScale + 6;
  }
}

}  // namespace

Planes curve(const std::vector<CurveSeries>& series, const CurveLook& look) {
  Planes sheet = blank_sheet(std::max(160, look.height), std::max(240, look.width));
  std::vector<CurveSeries> lines;
  Frame f;
  for (const CurveSeries& s : series) {
    lines.push_back(drawable(s, look.log_y));
    for (const double x : lines.back().x) f.x.add(x);
    for (const double y : lines.back().y) f.y.add(y);
  }
  f.x = with_room(f.x, 0);
  f.y = with_room(f.y, 0.05);
  constexpr int kLine = (kLetterHeight + kLetterDrop) * kScale;
  f.top = look.title.empty() ? 16 : 16 + kLine + 10;
  f.bottom = sheet.height() - 2 * kLine - 24;
  const std::vector<Tick> y_ticks =
      look.log_y ? log_ticks(f.y, (f.bottom - f.top) / 60) : linear_ticks(f.y, (f.bottom - f.top) / 60);
  for (const Tick& t : y_ticks) f.left = std::max(f.left, text_width(t.text, kScale) + 22);
  f.right = sheet.width() - 20;
  const std::vector<Tick> x_ticks = linear_ticks(f.x, std::max(2, (f.right - f.left) / 110));
  draw_axes(sheet, f, x_ticks, y_ticks);
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool many = lines[i].x.size() > kManyPoints;
    draw_line(sheet, f, lines[i], kLines.at(i % kLines.size()), many ? 0.3F : 1.0F);
    if (many) draw_line(sheet, f, running_mean(lines[i]), kLines.at(i % kLines.size()), 1.0F);
  }
  draw_names(sheet, f, lines);
  draw_text(sheet, f.left, 16, look.title, kInk, kScale);
  draw_text(sheet, f.left + (f.right - f.left - text_width(look.x_label, kScale)) / 2,
            sheet.height() - kLine - 2, look.x_label, kFaintInk, kScale);
  return sheet;
}

}  // namespace reverie
