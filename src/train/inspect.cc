#include "train/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"
#include "sheets/colour_map.h"
#include "sheets/curve.h"
#include "sheets/filters.h"
#include "sheets/png.h"
#include "sheets/sheet.h"
#include "train/evaluate.h"
#include "train/event_log.h"
#include "train/input.h"

namespace reverie {

namespace fs = std::filesystem;

namespace {

constexpr int kSheetWidth = 1640;         // pixels, where it can be chosen
constexpr int kPictureSide = 64;          // to which small pictures are enlarged, about
constexpr int64_t kResponsePictures = 8;  // on a sheet of responses
constexpr int kGap = 2;
constexpr double kLogarithmicFrom = 10;  // a curve whose ends differ by this ratio gets a logarithmic axis

using Written = std::function<void(const fs::path& file, const std::string& what)>;

int enlargement(int64_t side, int wanted) {
  return static_cast<int>(std::clamp<int64_t>(wanted / std::max<int64_t>(1, side), 1, wanted));
}

// [N, C, H, W] as one picture each, values divided by `by`.
std::vector<Planes> to_pictures(const torch::Tensor& t, double by) {
  std::vector<Planes> out;
  for (const torch::Tensor& one : (t / by).unbind(0)) out.push_back(to_planes(one));
  return out;
}

double psnr(const torch::Tensor& a, const torch::Tensor& b) {
  const auto error = (a - b).to(torch::kFloat64).square().mean().item<double>();
  return 10 * std::log10(255.0 * 255.0 / std::max(error, 1e-9));
}

// A row of all pictures; split into lines by lines_of().
SheetRow row_of(const std::string& name, const torch::Tensor& made, const torch::Tensor& pictures) {
  const torch::Tensor shown = made.clamp(0, 255);
  return {fmt::format("{:<9} {:.1f} dB", name, psnr(shown, pictures)), to_pictures(shown, 255)};
}

// Pictures first .. first + count - 1 of every row.
std::vector<SheetRow> lines_of(const std::vector<SheetRow>& rows, size_t first, size_t count) {
  std::vector<SheetRow> out;
  for (const SheetRow& row : rows) {
    const auto from = row.pictures.begin() + static_cast<std::ptrdiff_t>(first);
    const auto to = from + static_cast<std::ptrdiff_t>(std::min(count, row.pictures.size() - first));
    out.push_back({row.label, {from, to}});
  }
  return out;
}

// One picture's line of a sheet of responses.
Planes response_line(const Planes& picture, const std::vector<Planes>& tiles, int tile_side) {
  const int magnify = enlargement(tiles[0].width(), tile_side);
  const int count = static_cast<int>(tiles.size());
  const int most = std::max(1, kSheetWidth / (tiles[0].width() * magnify + kGap));
  const int rows = (count + most - 1) / most;
  const Planes table = grid(tiles, (count + rows - 1) / rows, magnify, kGap);
  const Planes beside = magnified(picture, enlargement(picture.width(), kPictureSide));
  constexpr int kBetween = 8;
  Planes line = blank_sheet(std::max(table.height(), beside.height() + 2 * kGap),
                            beside.width() + kBetween + table.width());
  paste(beside, line, kGap, kGap);
  paste(table, line, beside.width() + kBetween, 0);
  return line;
}

std::vector<Planes> response_tiles(const Planes& h, float limit, ResponseColours colours) {
  std::vector<Planes> tiles;
  const int step = colours == ResponseColours::kTriples ? 3 : 1;
  for (int c = 0; c < h.channels(); c += step)
    tiles.push_back(step == 3 ? signed_colour(h, c, limit) : diverging(h, c, limit));
  return tiles;
}

}  // namespace

Planes to_planes(const torch::Tensor& t) {
  const torch::Tensor plain = t.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  Planes out(static_cast<int>(plain.size(0)), static_cast<int>(plain.size(1)),
             static_cast<int>(plain.size(2)));
  std::copy_n(plain.data_ptr<float>(), plain.numel(), out.data().begin());
  return out;
}

Planes reconstruction_sheet(const HourglassModel& model, const InputTransform& transform,
                            const torch::Tensor& pictures) {
  torch::NoGradGuard no_grad;
  const HourglassConfig& config = model.net.config();
  const HourglassNet::Weights weights = model.net.weights();
  const std::vector<torch::Tensor> h = weights.encode_up(apply(transform, pictures), config.count());
  std::vector<SheetRow> rows = {{"input", to_pictures(pictures, 255)}};
  for (int l = 1; l <= config.count(); ++l) {
    const torch::Tensor seen = weights.decode_down(h[static_cast<size_t>(l)], l, 0);
    rows.push_back(row_of(fmt::format("level {}", l), unapply(transform, seen), pictures));
    const int factor = config.shrink(l);
    if (factor > 1)
      rows.push_back(row_of(fmt::format("cubic /{}", factor), cubic_and_back(pictures, factor), pictures));
  }
  const int magnify = enlargement(pictures.size(3), kPictureSide);
  const auto count = static_cast<size_t>(pictures.size(0));
  const size_t most = std::max<size_t>(
      1, static_cast<size_t>(kSheetWidth / (static_cast<int>(pictures.size(3)) * magnify + kGap)));
  const size_t lines = (count + most - 1) / most;
  const size_t per_line = (count + lines - 1) / lines;
  std::vector<Planes> parts;
  for (size_t first = 0; first < count; first += per_line)
    parts.push_back(labelled_rows(lines_of(rows, first, per_line), "", magnify, kGap));
  return captioned(stacked(parts), "Reconstructions from each level",
                   "cubic: shrunk by the level's factor and enlarged again");
}

Planes response_sheet(const torch::Tensor& pictures, const torch::Tensor& h, int level,
                      ResponseColours colours) {
  torch::NoGradGuard no_grad;
  const float limit = signed_limit(to_planes(h.reshape({1, -1, h.size(3)})).data());
  const int tile_side = h.size(1) <= 48 ? 48 : 32;
  const std::vector<Planes> inputs = to_pictures(pictures, 255);
  const std::vector<Planes> levels = to_pictures(h, 1);
  std::vector<Planes> lines;
  for (size_t i = 0; i < inputs.size(); ++i)
    lines.push_back(response_line(inputs[i], response_tiles(levels[i], limit, colours), tile_side));
  const std::string title =
      fmt::format("Responses of level {}: {} channels of {}x{}", level, h.size(1), h.size(3), h.size(2));
  if (colours == ResponseColours::kTriples) {
    return captioned(stacked(lines, 8), title,
                     fmt::format("three channels as red, green, blue; mid grey 0, full {:.3g}", limit));
  }
  constexpr int kBarWidth = 320;
  constexpr int kBarMargin = 10;
  const Planes bar = colour_bar(limit, kBarWidth, kGround, kFaintInk);
  lines.push_back(blank_sheet(bar.height() + kBarMargin, kBarWidth + 2 * kBarMargin));
  paste(bar, lines.back(), kBarMargin, 0);
  return captioned(stacked(lines, 8), title, "blue below 0, red above");
}

namespace {

// Reports each sheet to `written`; remembers whether Ctrl-C was pressed.
class SheetFolder {
 public:
  SheetFolder(fs::path folder, const Written& written) : folder_(std::move(folder)), written_(written) {}

  // make: returns the sheet; no longer called once the work was stopped.
  void add(const std::string& name, const std::string& what, const std::function<Planes()>& make) {
    stopped_ = stopped_ || stop_requested();
    if (stopped_) return;
    const fs::path file = folder_ / (name + ".png");
    write_png(file, make());
    written_(file, what);
  }
  bool stopped() const { return stopped_; }

 private:
  fs::path folder_;
  const Written& written_;
  bool stopped_ = false;
};

void add_filters(const HourglassNet& net, SheetFolder& sheets) {
  for (const NamedTensor& named : net.named()) {
    if (named.tensor.dim() != 4) continue;
    const torch::Tensor w = named.tensor.contiguous();
    const FilterBank bank{{w.data_ptr<float>(), static_cast<size_t>(w.numel())},
                          static_cast<int>(w.size(0)),
                          static_cast<int>(w.size(1)),
                          static_cast<int>(w.size(2)),
                          static_cast<int>(w.size(3))};
    const std::string layer = named.name.substr(0, named.name.find('.'));  // "encode1"
    const std::string what = fmt::format("{} filters of {}, 0 is mid grey", bank.out, layer);
    sheets.add("filters-" + layer, what, [&] { return filter_sheet(bank, "Filters of " + layer); });
    if (bank.in == 3) continue;
    sheets.add("filters-" + layer + "-colour", what + ", three channels as red, green, blue",
               [&] { return filter_triple_sheet(bank, "Filters of " + layer); });
  }
}

void add_responses(const HourglassModel& model, const InputTransform& transform, const torch::Tensor& all,
                   SheetFolder& sheets) {
  torch::NoGradGuard no_grad;
  const torch::Tensor pictures = all.narrow(0, 0, std::min(all.size(0), kResponsePictures));
  const int levels = model.net.config().count();
  const std::vector<torch::Tensor> h = model.net.weights().encode_up(apply(transform, pictures), levels);
  for (int l = 1; l <= levels; ++l) {
    const torch::Tensor& state = h[static_cast<size_t>(l)];
    const std::string name = fmt::format("responses-level{}", l);
    const std::string what = fmt::format("responses of level {} to {} pictures", l, pictures.size(0));
    sheets.add(name, what + ", blue below 0, red above",
               [&] { return response_sheet(pictures, state, l, ResponseColours::kDiverging); });
    sheets.add(name + "-colour", what + ", three channels as red, green, blue",
               [&] { return response_sheet(pictures, state, l, ResponseColours::kTriples); });
  }
}

// "loss/l2_error1" -> "loss", "l2_error1" -> "l2_error": what is drawn into one plot.
std::string group_of(const std::string& tag) {
  const size_t slash = tag.find('/');
  std::string group = tag.substr(0, slash);
  if (slash == std::string::npos) {
    while (group.size() > 1 && group.back() >= '0' && group.back() <= '9') group.pop_back();
  }
  for (char& c : group) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!plain) c = '_';  // it becomes part of a file name
  }
  return group;
}

// The name without its group.
std::string name_of(const std::string& tag) {
  const size_t slash = tag.find('/');
  return printable(slash == std::string::npos ? tag : tag.substr(slash + 1)).substr(0, 40);
}

// A loss of a single term is also the total: one line with both names.
void add_series(CurveSeries series, std::vector<CurveSeries>& group) {
  for (CurveSeries& s : group) {
    if (s.x != series.x || s.y != series.y) continue;
    s.name += " = " + series.name;
    return;
  }
  group.push_back(std::move(series));
}

bool wants_logarithm(const std::vector<CurveSeries>& series) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const CurveSeries& s : series) {
    for (const double y : s.y) {
      if (!std::isfinite(y)) continue;
      low = std::min(low, y);
      high = std::max(high, y);
    }
  }
  return low > 0 && high >= kLogarithmicFrom * low;
}

void add_curves(const fs::path& run, SheetFolder& sheets) {
  std::map<std::string, std::vector<CurveSeries>> groups;
  for (const ScalarSeries& s : read_scalars(run))
    add_series({name_of(s.tag), {s.steps.begin(), s.steps.end()}, s.values}, groups[group_of(s.tag)]);
  for (const auto& group : groups) {
    const CurveLook look{group.first, "iteration", wants_logarithm(group.second)};
    sheets.add("curve-" + group.first, fmt::format("{} over the iterations", group.first),
               [&] { return curve(group.second, look); });
  }
}

// The folder with the model's events; empty if there are none.
fs::path run_of(const InspectRequest& request) {
  if (!request.run.empty()) {
    if (read_scalars(request.run).empty()) {
      throw Error("draw the curves of", request.run.string(), "it has no TensorBoard events",
                  "--run takes a folder made by 'reverie train'");
    }
    return request.run;
  }
  const fs::path folder = model_path(request.model).parent_path();
  return read_scalars(folder).empty() ? fs::path() : folder;
}

// The first `limit` pictures of the split, checked against the hourglass.
torch::Tensor pictures_for(const HourglassModel& model, const RecordSet& set, Split split, size_t limit) {
  const size_t count = std::min(limit, set.size(split));
  if (count == 0) {
    throw Error("look at", set.name(), fmt::format("it has no {} pictures", split_name(split)),
                split == Split::kTest ? "try --split train" : "");
  }
  const auto [height, width] = set.common_size();
  const int factor = model.net.config().shrink(model.net.config().count());
  if (height % factor != 0 || width % factor != 0) {
    throw Error(
        "look at", set.name(),
        fmt::format("its pictures are {}x{}, the hourglass needs multiples of {}", width, height, factor));
  }
  return read_pictures(set, split, 0, count);
}

}  // namespace

bool inspect(const InspectRequest& request, const Written& written) {
  const HourglassModel model = read_hourglass(request.model);
  const RecordSet set = RecordSet::open(request.data);
  const fs::path run = run_of(request);
  const torch::Tensor pictures = pictures_for(model, set, request.split, request.limit);
  const InputTransform transform = complete_transform(model, set);
  SheetFolder sheets(request.output, written);
  sheets.add("reconstructions", fmt::format("{} pictures, reconstructed from each level", pictures.size(0)),
             [&] { return reconstruction_sheet(model, transform, pictures); });
  add_filters(model.net, sheets);
  add_responses(model, transform, pictures, sheets);
  if (run.empty()) {
    note(fmt::format("no curves: no TensorBoard events next to {} (give the run with --run)",
                     model_path(request.model).string()));
  } else {
    add_curves(run, sheets);
  }
  return !sheets.stopped();
}

}  // namespace reverie
