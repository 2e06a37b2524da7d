#include "sheets/font.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reverie {
namespace {

// The letters ' ' to '~', row by row from the top, 1 = ink; rows 8 and 9 are below the line.
constexpr std::array<const char*, 95> kLetters = {
    "00000",                                                  //
    "00100 00100 00100 00100 00100 00000 00100",              // !
    "01010 01010 01010",                                      // "
    "01010 01010 11111 01010 11111 01010 01010",              // #
    "00100 01111 10100 01110 00101 11110 00100",              // $
    "11000 11001 00010 00100 01000 10011 00011",              // %
    "01000 10100 10100 01000 10101 10010 01101",              // &
    "00100 00100 00100",                                      // '
    "00010 00100 01000 01000 01000 00100 00010",              // (
    "01000 00100 00010 00010 00010 00100 01000",              // )
    "00000 00100 10101 01110 10101 00100",                    // *
    "00000 00100 00100 11111 00100 00100",                    // +
    "00000 00000 00000 00000 00000 00110 00110 00100 01000",  // ,
    "00000 00000 00000 11111",                                // -
    "00000 00000 00000 00000 00000 01100 01100",              // .
    "00001 00001 00010 00100 01000 10000 10000",              // /
    "01110 10001 10011 10101 11001 10001 01110",              // 0
    "00100 01100 00100 00100 00100 00100 01110",              // 1
    "01110 10001 00001 00110 01000 10000 11111",              // 2
    "11111 00010 00100 00110 00001 10001 01110",              // 3
    "00010 00110 01010 10010 11111 00010 00010",              // 4
    "11111 10000 11110 00001 00001 10001 01110",              // 5
    "00110 01000 10000 11110 10001 10001 01110",              // 6
    "11111 00001 00010 00100 00100 01000 01000",              // 7
    "01110 10001 10001 01110 10001 10001 01110",              // 8
    "01110 10001 10001 01111 00001 00010 01100",              // 9
    "00000 01100 01100 00000 00000 01100 01100",              // :
    "00000 01100 01100 00000 00000 01100 01100 00100 01000",  // ;
    "00010 00100 01000 10000 01000 00100 00010",              // <
    "00000 00000 11111 00000 11111",                          // =
    "01000 00100 00010 00001 00010 00100 01000",              // >
    "01110 10001 00001 00110 00100 00000 00100",              // ?
    "01110 10001 10111 10101 10110 10000 01111",              // @
    "01110 10001 10001 11111 10001 10001 10001",              // A
    "11110 10001 10001 11110 10001 10001 11110",              // B
    "01110 10001 10000 10000 10000 10001 01110",              // C
    "11100 10010 10001 10001 10001 10010 11100",              // D
    "11111 10000 10000 11110 10000 10000 11111",              // E
    "11111 10000 10000 11110 10000 10000 10000",              // F
    "01110 10001 10000 10111 10001 10001 01111",              // G
    "10001 10001 10001 11111 10001 10001 10001",              // H
    "01110 00100 00100 00100 00100 00100 01110",              // I
    "00111 00010 00010 00010 00010 10010 01100",              // J
    "10001 10010 10100 11000 10100 10010 10001",              // K
    "10000 10000 10000 10000 10000 10000 11111",              // L
    "10001 11011 10101 10101 10001 10001 10001",              // M
    "10001 11001 11001 10101 10011 10011 10001",              // N
    "01110 10001 10001 10001 10001 10001 01110",              // O
    "11110 10001 10001 11110 10000 10000 10000",              // P
    "01110 10001 10001 10001 10101 10010 01101",              // Q
    "11110 10001 10001 11110 10100 10010 10001",              // R
    "01111 10000 10000 01110 00001 00001 11110",              // S
    "11111 00100 00100 00100 00100 00100 00100",              // T
    "10001 10001 10001 10001 10001 10001 01110",              // U
    "10001 10001 10001 10001 01010 01010 00100",              // V
    "10001 10001 10001 10101 10101 11011 10001",              // W
    "10001 10001 01010 00100 01010 10001 10001",              // X
    "10001 10001 01010 00100 00100 00100 00100",              // Y
    "11111 00001 00010 00100 01000 10000 11111",              // Z
    "01110 01000 01000 01000 01000 01000 01110",              // [
    "10000 10000 01000 00100 00010 00001 00001",              // backslash
    "01110 00010 00010 00010 00010 00010 01110",              // ]
    "00100 01010 10001",                                      // ^
    "00000 00000 00000 00000 00000 00000 11111",              // _
    "01000 00100 00010",                                      // `
    "00000 00000 01110 00001 01111 10001 01111",              // a
    "10000 10000 11110 10001 10001 10001 11110",              // b
    "00000 00000 01110 10001 10000 10001 01110",              // c
    "00001 00001 01111 10001 10001 10001 01111",              // d
    "00000 00000 01110 10001 11111 10000 01110",              // e
    "00110 01001 01000 11100 01000 01000 01000",              // f
    "00000 00000 01111 10001 10001 10001 01111 00001 01110",  // g
    "10000 10000 11110 10001 10001 10001 10001",              // h
    "00100 00000 01100 00100 00100 00100 01110",              // i
    "00010 00000 00110 00010 00010 00010 00010 10010 01100",  // j
    "10000 10000 10010 10100 11000 10100 10010",              // k
    "01100 00100 00100 00100 00100 00100 01110",              // l
    "00000 00000 11010 10101 10101 10101 10101",              // m
    "00000 00000 11110 10001 10001 10001 10001",              // n
    "00000 00000 01110 10001 10001 10001 01110",              // o
    "00000 00000 11110 10001 10001 10001 11110 10000 10000",  // p
    "00000 00000 01111 10001 10001 10001 01111 00001 00001",  // q
    "00000 00000 10110 11001 10000 10000 10000",              // r
    "00000 00000 01111 10000 01110 00001 11110",              // s
    "01000 01000 11100 01000 01000 01001 00110",              // t
    "00000 00000 10001 10001 10001 10011 01101",              // u
    "00000 00000 10001 10001 10001 01010 00100",              // v
    "00000 00000 10001 10101 10101 10101 01010",              // w
    "00000 00000 10001 01010 00100 01010 10001",              // x
    "00000 00000 10001 10001 10001 10001 01111 00001 01110",  // y
    "00000 00000 11111 00010 00100 01000 11111",              // z
    "00010 00100 00100 01000 00100 00100 00010",              // {
    "00100 00100 00100 00100 00100 00100 00100",              // |
    "01000 00100 00100 00010 00100 00100 01000",              // }
    "00000 00000 01000 10101 00010",                          // ~
};
constexpr const char* kBox = "11111 10001 10001 10001 10001 10001 11111";

const char* letter(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code >= 32 && code < 127 ? kLetters.at(code - 32U) : kBox;
}

void fill(Planes& picture, int x, int y, int size, const Colour& colour) {
  const std::array<float, 3> rgb = {colour.r, colour.g, colour.b};
  for (int c = 0; c < 3; ++c) {
    for (int v = std::max(0, y); v < std::min(picture.height(), y + size); ++v) {
      for (int u = std::max(0, x); u < std::min(picture.width(), x + size); ++u)
        picture.at(c, v, u) = rgb[static_cast<size_t>(c)];
    }
  }
}

}  // namespace

int text_width(std::string_view text, int scale) {
  return text.empty() ? 0 : (static_cast<int>(text.size()) * kLetterAdvance - 1) * scale;
}

void draw_text(Planes& picture, int x, int y, std::string_view text, const Colour& colour, int scale) {
  for (const char c : text) {
    int column = 0;
    int row = 0;
    for (const char* p = letter(c); *p != '\0'; ++p) {
      if (*p == ' ') {
        ++row;
        column = 0;
        continue;
      }
      if (*p == '1') fill(picture, x + column * scale, y + row * scale, scale, colour);
      ++column;
    }
    x += kLetterAdvance * scale;
  }
}

namespace {

constexpr int kDotsAcross = 5, kDotsDown = 9;

// Which dots of a letter are ink.
struct Dots {
  explicit Dots(char c) {
    int x = 0;
    int y = 0;
    for (const char* p = letter(c); *p != '\0'; ++p) {
      if (*p == ' ') {
        ++y;
        x = 0;
        continue;
      }
      ink[static_cast<size_t>(y)][static_cast<size_t>(x++)] = *p == '1';
    }
  }
  bool at(int x, int y) const {
    return x >= 0 && y >= 0 && x < kDotsAcross && y < kDotsDown &&
           ink[static_cast<size_t>(y)][static_cast<size_t>(x)];
  }
  std::array<std::array<bool, kDotsAcross>, kDotsDown> ink{};
};

// Neighbours are joined; diagonal ones only where no way leads around the corner.
void add_lines(const Dots& dots, float left, std::vector<PenLine>& lines) {
  for (int y = 0; y < kDotsDown; ++y) {
    for (int x = 0; x < kDotsAcross; ++x) {
      if (!dots.at(x, y)) continue;
      const auto to = [&](int u, int v) {
        const auto middle = [](int i) { return static_cast<float>(i) + 0.5F; };
        lines.push_back({left + middle(x), middle(y), left + middle(u), middle(v)});
      };
      bool alone = true;
      for (int v = -1; v <= 1; ++v) {
        for (int u = -1; u <= 1; ++u) alone = alone && ((u == 0 && v == 0) || !dots.at(x + u, y + v));
      }
      if (alone) to(x, y);
      if (dots.at(x + 1, y)) to(x + 1, y);
      if (dots.at(x, y + 1)) to(x, y + 1);
      if (dots.at(x + 1, y + 1) && !dots.at(x + 1, y) && !dots.at(x, y + 1)) to(x + 1, y + 1);
      if (dots.at(x - 1, y + 1) && !dots.at(x - 1, y) && !dots.at(x, y + 1)) to(x - 1, y + 1);
    }
  }
}

}  // namespace

std::vector<PenLine> pen_lines(std::string_view text) {
  std::vector<PenLine> lines;
  float left = 0;
  for (const char c : text) {
    add_lines(Dots(c), left, lines);
    left += kLetterAdvance;
  }
  return lines;
}

void draw_pen_line(Planes& mask, const PenLine& line, float width) {
  const float reach = width / 2 + 1;
  const auto clip = [](float v, int most) { return std::clamp(static_cast<int>(std::floor(v)), 0, most); };
  const int x1 = clip(std::min(line.x1, line.x2) - reach, mask.width());
  const int x2 = clip(std::max(line.x1, line.x2) + reach + 1, mask.width());
  const int y1 = clip(std::min(line.y1, line.y2) - reach, mask.height());
  const int y2 = clip(std::max(line.y1, line.y2) + reach + 1, mask.height());
  const float dx = line.x2 - line.x1, dy = line.y2 - line.y1, length = dx * dx + dy * dy;
  for (int y = y1; y < y2; ++y) {
    for (int x = x1; x < x2; ++x) {
      const float px = static_cast<float>(x) + 0.5F - line.x1, py = static_cast<float>(y) + 0.5F - line.y1;
      const float along = length > 0 ? std::clamp((px * dx + py * dy) / length, 0.0F, 1.0F) : 0;
      const float away = std::hypot(px - along * dx, py - along * dy);
      float& covered = mask.at(0, y, x);
      covered = std::max(covered, std::clamp(width / 2 - away + 0.5F, 0.0F, 1.0F));
    }
  }
}

}  // namespace reverie
