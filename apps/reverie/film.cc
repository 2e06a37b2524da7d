#include "film.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/log.h"
#include "core/text.h"
#include "media/picture.h"
#include "media/sink.h"
#include "sheets/sheet.h"
#include "train/run_log.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr double kFps = 10;

std::vector<fs::path> sheets_in(const fs::path& folder) {
  std::vector<fs::path> all;
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
    if (entry.path().extension() == ".png") all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

void write_film(const fs::path& run) {
  const std::vector<fs::path> sheets = sheets_in(film_folder(run));
  if (sheets.empty()) return;
  const Planes last = read_picture(sheets.back());  // the largest: columns come with what has been seen
  const std::string file = (run / "film.mp4").string();
  const int step = sink_size_multiple(file);
  const auto whole = [step](int side) { return (side + step - 1) / step * step; };
  SinkOptions options =
      sink_options(whole(last.width()), whole(last.height()), kFps, "the film of the learning");
  const std::unique_ptr<Sink> sink = open_sink(file, options);
  for (const fs::path& path : sheets) {
    Planes frame = blank_sheet(options.height, options.width);
    paste(read_picture(path), frame, 0, 0);
    sink->write(frame);
  }
  sink->finish();
  note(fmt::format("{}: {} sheets", printable(file), sheets.size()));
}

}  // namespace reverie
