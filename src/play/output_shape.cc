#include "play/output_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "core/toml_tree.h"

namespace reverie {
namespace {

constexpr double kMostCrop = 0.45, kBeyond = 0.5;
constexpr size_t kMostDisplays = 100;
constexpr std::array<const char*, 4> kCornerKeys = {"left_top", "right_top", "left_bottom", "right_bottom"};

double turn(Point a, Point b, Point c) {
  return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

bool convex(const std::array<Point, 4>& c) {
  constexpr double kLeast = 0.01;
  return turn(c[0], c[1], c[3]) > kLeast && turn(c[1], c[3], c[2]) > kLeast &&
         turn(c[3], c[2], c[0]) > kLeast && turn(c[2], c[0], c[1]) > kLeast;
}

Point read_point(const TomlReader& reader, const TomlNode& node) {
  if (node.kind != TomlNode::Kind::kList || node.items.size() != 2) reader.fail(node, "a corner has x and y");
  return {reader.number_at(node.items[0], -kBeyond, 1 + kBeyond),
          reader.number_at(node.items[1], -kBeyond, 1 + kBeyond)};
}

}  // namespace

double OutputShape::aspect(double picture) const {
  const double cropped = picture * (1 - left - right) / (1 - top - bottom);
  return quarters % 2 == 0 ? cropped : 1 / cropped;
}

std::array<Point, 4> OutputShape::source() const {
  std::array<Point, 4> at = {{{left, top}, {1 - right, top}, {left, 1 - bottom}, {1 - right, 1 - bottom}}};
  if (flip) {
    std::swap(at[0], at[1]);
    std::swap(at[2], at[3]);
  }
  for (int q = 0; q < quarters; ++q) at = {at[2], at[0], at[3], at[1]};
  return at;
}

void OutputShape::move(size_t corner, Point to) {
  std::array<Point, 4> moved = corners;
  moved.at(corner) = {std::clamp(to.x, -kBeyond, 1 + kBeyond), std::clamp(to.y, -kBeyond, 1 + kBeyond)};
  if (convex(moved)) corners = moved;
}

// Where the diagonals cross is the middle of the square.
std::array<double, 4> perspective(const std::array<Point, 4>& c) {
  const Point d1 = {c[3].x - c[0].x, c[3].y - c[0].y}, d2 = {c[2].x - c[1].x, c[2].y - c[1].y};
  const double cross = d1.x * d2.y - d1.y * d2.x;
  const Point o = {c[1].x - c[0].x, c[1].y - c[0].y};
  const double s = (o.x * d2.y - o.y * d2.x) / cross, t = (o.x * d1.y - o.y * d1.x) / cross;
  return {1 - s, 1 - t, t, s};
}

OutputShapes parse_output_shapes(std::string_view text, const std::string& file_name) {
  const TomlNode root = parse_toml(text, file_name);
  const TomlReader all(root, file_name, {"display"});
  OutputShapes shapes;
  const auto displays = all.tables("display");
  if (displays.size() > kMostDisplays) all.fail(root, fmt::format("more than {} displays", kMostDisplays));
  for (const TomlNode* node : displays) {
    const TomlReader reader(*node, file_name,
                            {"name", "quarters", "flip", "left", "right", "top", "bottom", "left_top",
                             "right_top", "left_bottom", "right_bottom"});
    OutputShape s;
    s.quarters = static_cast<int>(reader.whole("quarters", 0, 3, 0));
    s.flip = reader.flag("flip", false);
    s.left = reader.number("left", 0, kMostCrop, 0);
    s.right = reader.number("right", 0, kMostCrop, 0);
    s.top = reader.number("top", 0, kMostCrop, 0);
    s.bottom = reader.number("bottom", 0, kMostCrop, 0);
    for (size_t i = 0; i < kCornerKeys.size(); ++i) {
      if (const TomlNode* corner = reader.find(kCornerKeys[i])) s.corners[i] = read_point(reader, *corner);
    }
    if (!convex(s.corners)) reader.fail(*node, "the corners do not enclose a picture");
    shapes[reader.text("name")] = s;
  }
  return shapes;
}

std::string format_output_shapes(const OutputShapes& shapes) {
  std::string s = "# How the picture is put on each display.\n";
  for (const auto& [name, shape] : shapes) {
    s += fmt::format("\n[[display]]\nname = {}\nquarters = {}\nflip = {}\n", quote_toml(name), shape.quarters,
                     shape.flip);
    s += fmt::format("left = {}\nright = {}\ntop = {}\nbottom = {}\n", shape.left, shape.right, shape.top,
                     shape.bottom);
    for (size_t i = 0; i < kCornerKeys.size(); ++i)
      s += fmt::format("{} = [{}, {}]\n", kCornerKeys[i], shape.corners[i].x, shape.corners[i].y);
  }
  return s;
}

std::filesystem::path output_shapes_file() {
  const std::filesystem::path config = config_folder();
  return config.empty() ? config : config / "displays.toml";
}

OutputShapes read_output_shapes() {
  const std::filesystem::path file = output_shapes_file();
  std::error_code code;
  if (file.empty() || !std::filesystem::exists(file, code)) return {};
  try {
    return parse_output_shapes(read_text_file(file, kMostTomlBytes), file.string());
  } catch (const Error& e) {
    warning(e.what());
    return {};
  }
}

void write_output_shapes(const OutputShapes& shapes) {
  const std::filesystem::path file = output_shapes_file();
  if (file.empty()) return;
  std::error_code code;
  std::filesystem::create_directories(file.parent_path(), code);
  const std::string text = format_output_shapes(shapes);
  write_file(file, std::vector<uint8_t>(text.begin(), text.end()));
}

}  // namespace reverie
