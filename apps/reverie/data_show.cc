#include "data_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>
#include <vector>

#include "command_line.h"
#include "core/error.h"
#include "core/text.h"
#include "data/intake.h"
#include "data/record_set.h"
#include "sheets/png.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRows = 60, kColumns = 12;  // of the sheet
constexpr int kSheetWidth = 1200, kLargestCell = 96, kMostMagnified = 4;
constexpr std::array<Split, 2> kSplits = {Split::kTrain, Split::kTest};

// Pictures of one label, or without one.
struct LabelCount {
  std::string name;
  std::array<size_t, 2> pictures = {};  // by split
  std::vector<Record> first;            // a few to show, training pictures before test pictures
};

std::vector<LabelCount> count_labels(const RecordSet& set) {
  std::vector<LabelCount> counts(set.labels().size() + 1);
  for (size_t i = 0; i < set.labels().size(); ++i) counts[i].name = printable(set.labels()[i]);
  counts.back().name = "(no label)";
  for (const Split split : kSplits) {
    for (size_t i = 0; i < set.size(split); ++i) {
      const Record r = set.record(split, i);
      LabelCount& c = r.label < 0 ? counts.back() : counts[static_cast<size_t>(r.label)];
      ++c.pictures.at(static_cast<size_t>(split));
      if (c.first.size() < kColumns) c.first.push_back(r);
    }
  }
  if (counts.back().first.empty()) counts.pop_back();
  return counts;
}

// "32x32", or "3 sizes from 30x40 to 640x480" by area.
std::string describe_sizes(const RecordSet& set) {
  std::set<std::array<int, 3>> sizes;  // area, width, height
  for (const Split split : kSplits) {
    for (size_t i = 0; i < set.size(split); ++i) {
      const Record r = set.record(split, i);
      sizes.insert({r.width * r.height, r.width, r.height});
    }
  }
  if (sizes.empty()) return "no size";
  const auto& least = *sizes.begin();
  const auto& most = *sizes.rbegin();
  if (sizes.size() == 1) return fmt::format("{}x{}", least[1], least[2]);
  return fmt::format("{} sizes from {}x{} to {}x{}", sizes.size(), least[1], least[2], most[1], most[2]);
}

// Mean and standard deviation of each channel over a split, 0..255.
void print_channels(const RecordSet& set, Split split) {
  if (set.size(split) == 0) return;
  std::array<uint64_t, 3> sums = {};
  std::array<uint64_t, 3> squares = {};
  uint64_t count = 0;
  for (size_t i = 0; i < set.size(split); ++i) {
    const std::span<const uint8_t> pixels = set.record(split, i).pixels;
    for (size_t p = 0; p < pixels.size(); p += 3) {
      for (size_t c = 0; c < 3; ++c) {
        const uint64_t v = pixels[p + c];
        sums.at(c) += v;
        squares.at(c) += v * v;
      }
    }
    count += pixels.size() / 3;
  }
  std::array<double, 3> mean = {};
  std::array<double, 3> deviation = {};
  const auto n = static_cast<double>(count);
  for (size_t c = 0; c < 3; ++c) {
    mean.at(c) = static_cast<double>(sums.at(c)) / n;
    deviation.at(c) =
        std::sqrt(std::max(0.0, static_cast<double>(squares.at(c)) / n - mean.at(c) * mean.at(c)));
  }
  fmt::print("  {} channels R, G, B: mean {:.2f} {:.2f} {:.2f}, deviation {:.2f} {:.2f} {:.2f}, of 0..255\n",
             split_name(split), mean[0], mean[1], mean[2], deviation[0], deviation[1], deviation[2]);
}

void print_counts(const RecordSet& set, const std::vector<LabelCount>& counts) {
  const size_t train = set.size(Split::kTrain);
  const size_t test = set.size(Split::kTest);
  fmt::print("{}: {}, {}, {}\n", printable(set.name()),
             counted(static_cast<int64_t>(train + test), "picture"), describe_sizes(set),
             counted(static_cast<int64_t>(set.labels().size()), "label"));
  size_t widest = 5;
  for (const LabelCount& c : counts) widest = std::max(widest, std::min<size_t>(c.name.size(), 40));
  fmt::print("  {:<{}} {:>9} {:>9}\n", "label", widest, "train", "test");
  for (const LabelCount& c : counts)
    fmt::print("  {:<{}.40} {:>9} {:>9}\n", c.name, widest, c.pictures[0], c.pictures[1]);
  fmt::print("  {:<{}} {:>9} {:>9}\n", "all", widest, train, test);
  for (const Split split : kSplits) print_channels(set, split);
}

// No larger than a cell.
Planes thumbnail(const Record& r) {
  Planes whole = to_planes(r.pixels, r.height, r.width);
  const int longer = std::max(r.height, r.width);
  if (longer <= kLargestCell) return whole;
  const auto side = [&](int v) { return std::max(1, v * kLargestCell / longer); };
  return resize(whole, side(r.height), side(r.width));
}

// The mean pictures of the splits; empty if sizes differ.
SheetRow mean_row(const RecordSet& set) {
  SheetRow row = {"mean", {}};
  for (const Split split : kSplits) {
    if (set.size(split) == 0) continue;
    std::vector<double> mean;
    try {
      mean = set.mean_picture(split);
    } catch (const Error&) {
      return {};
    }
    std::vector<uint8_t> pixels(mean.size());
    std::transform(mean.begin(), mean.end(), pixels.begin(),
                   [](double v) { return static_cast<uint8_t>(std::lround(v)); });
    const auto [height, width] = set.common_size();
    row.pictures.push_back(thumbnail({pixels, height, width, -1}));
    row.label += " " + split_name(split);
  }
  return row;
}

void write_sheet(const RecordSet& set, const std::vector<LabelCount>& counts, const fs::path& path) {
  std::vector<SheetRow> rows;
  int cell = 1;
  for (const LabelCount& c : counts) {
    if (c.first.empty() || rows.size() == kMostRows) continue;
    SheetRow row = {c.name.substr(0, 24), {}};
    for (const Record& r : c.first) {
      row.pictures.push_back(thumbnail(r));
      cell = std::max({cell, row.pictures.back().width(), row.pictures.back().height()});
    }
    rows.push_back(std::move(row));
  }
  if (SheetRow mean = mean_row(set); !mean.pictures.empty()) rows.push_back(std::move(mean));
  const int magnified = fitting_magnification(kColumns, cell, kSheetWidth, kMostMagnified);
  write_png(path, labelled_rows(rows, fs::path(set.name()).filename().string(), magnified));
}

fs::path sheet_path(const DataShowWords& words) {
  if (!words.output.empty()) return words.output;
  fs::path path = words.set;
  if (path.extension() == ".gz") path.replace_extension();
  return path.replace_extension(".png");
}

}  // namespace

int show_record_set(const DataShowWords& words) {
  const fs::path path = sheet_path(words);
  if (path.extension() != ".png") throw UsageError(fmt::format("-o takes a .png, not '{}'", words.output));
  const RecordSet set = RecordSet::open(words.set);
  const std::vector<LabelCount> counts = count_labels(set);
  print_counts(set, counts);
  if (set.size(Split::kTrain) + set.size(Split::kTest) == 0) return 0;
  write_sheet(set, counts, path);
  fmt::print("  sheet: {}\n", printable(path.string()));
  return 0;
}

}  // namespace reverie
