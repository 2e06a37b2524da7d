#include "pipeline/offline.h"

#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "media/picture.h"
#include "pipeline/queued_sink.h"
#include "pipeline/sheet.h"

namespace reverie {

void check_sheet(const std::string& sheet) {
  if (sheet.empty()) return;
  const std::string ending = std::filesystem::path(sheet).extension().string();
  if (ending != ".png" && ending != ".jpg" && ending != ".jpeg") {
    throw Error("write", sheet, "a sheet is a picture", "use the extension .png or .jpg");
  }
  const PartialFile place(sheet);
}

RenderResult play_offline(FrameLoopSetup setup, const OfflineOutput& output, std::optional<int64_t> frames,
                          const std::function<void(FrameLoop&)>& before) {
  RenderResult result;
  result.width = output.options.width;
  result.height = output.options.height;
  result.fps = output.options.fps;
  setup.sinks.push_back(std::make_unique<QueuedSink>(open_sink(output.file, output.options)));
  result.output = setup.sinks.front()->description();
  SheetMaker sheet(4, 3, 320);
  if (!output.sheet.empty())
    setup.watchers.emplace_back([&](int64_t frame, const Planes& p) { sheet.add(frame, p); });

  FrameLoop loop(std::move(setup));
  Progress progress("render", "frames", frames ? frames : output.expected, output.quiet);
  while (!stop_requested() && (!frames || loop.frames() < *frames)) {
    if (before) before(loop);
    if (!loop.next()) break;
    progress.update(loop.frames());
  }
  result.stopped = stop_requested();
  result.frames = loop.frames();
  if (result.frames == 0) return result;
  loop.finish();
  if (output.checked) note(describe(*output.checked));
  if (!output.sheet.empty()) write_picture(output.sheet, sheet.sheet());
  result.seconds = progress.seconds();
  result.steps = loop.reports();
  return result;
}

}  // namespace reverie
