#include "atlas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/log.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "dream/atlas.h"
#include "media/picture.h"
#include "sheets/png.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr double kShape = 1.6;  // columns for each row: sheets are wide, as screens are

// "fire2/concat" as the name of a file.
std::string file_name_of(const std::string& layer) {
  std::string name = printable(layer);
  for (char& c : name) {
    if (c == '/' || c == '\\' || c == ':') c = '-';
  }
  return name;
}

std::vector<LayerInfo> chosen(const Model& model, const std::vector<std::string>& names) {
  const std::vector<LayerInfo> worth = atlas_layers(model);
  if (names.empty()) return worth;
  const int64_t side = std::max<int64_t>(model.trained_side(), 224);
  const std::vector<LayerInfo> all = model.layers(side, side);
  std::vector<std::string> known;
  for (const LayerInfo& layer : all) known.push_back(layer.name);
  std::vector<LayerInfo> layers;
  for (const size_t place : places_of(names, known)) {
    if (all[place].height < 2)
      throw Error("draw the atlas of", names[layers.size()], "it has a single place");
    layers.push_back(all[place]);
  }
  return layers;
}

// Kept from a call that was stopped, or made.
Planes picture_of(const std::shared_ptr<const Model>& model, const LayerInfo& layer, int64_t channel,
                  const AtlasSettings& settings, const fs::path& folder) {
  const fs::path file = folder / fmt::format("{:04}.png", channel);
  if (fs::exists(file)) return read_picture(file);
  Planes picture = atlas_picture(model, layer, channel, settings);
  write_png(file, picture);
  return picture;
}

void write_sheet(const LayerInfo& layer, std::vector<Planes> pictures, const fs::path& file) {
  const double count = static_cast<double>(pictures.size());
  for (size_t i = 0; i < pictures.size(); ++i) {
    const std::string number = std::to_string(i);
    Planes ground = blank_sheet(kLetterHeight + 4, text_width(number) + 4);
    draw_text(ground, 2, 2, number, kInk);
    paste(ground, pictures[i], 0, 0);
  }
  const auto columns = static_cast<int>(std::ceil(std::sqrt(kShape * count)));
  write_png(file,
            captioned(grid(pictures, columns), printable(layer.name),
                      fmt::format("{} channels, each sees {} pixels", layer.channels, layer.receptive)));
}

}  // namespace

int write_atlas(const std::shared_ptr<const Model>& model, const AtlasWords& words) {
  AtlasSettings settings;
  settings.steps = words.steps;
  settings.seed = words.seed;
  settings.threads = Threads(words.threads).count();
  const std::vector<LayerInfo> layers = chosen(*model, words.layers);
  for (size_t i = 0; i < layers.size(); ++i) {
    const LayerInfo& layer = layers[i];
    const std::string name = file_name_of(layer.name);
    const fs::path sheet = words.output / (name + ".png");
    if (fs::exists(sheet)) {
      note(fmt::format("{}: it is there already", sheet.string()));
      continue;
    }
    try {
      Progress progress(fmt::format("{}, layer {} of {}", printable(layer.name), i + 1, layers.size()),
                        "channels", layer.channels, words.quiet);
      std::vector<Planes> pictures;
      for (int64_t channel = 0; channel < layer.channels; ++channel) {
        pictures.push_back(picture_of(model, layer, channel, settings, words.output / name));
        progress.update(channel + 1);
      }
      write_sheet(layer, std::move(pictures), sheet);
    } catch (const Stopped&) {
      note("stopped; the same command goes on from here");
      return 130;
    }
    fmt::print("{}\n", sheet.string());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace reverie
