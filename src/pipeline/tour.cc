#include "pipeline/tour.h"

#include <algorithm>
#include <cmath>

#include "control/chain_player.h"
#include "media/picture.h"
#include "sheets/font.h"

namespace reverie {
namespace {

constexpr double kWait = 0.8, kBrighten = 0.7, kDim = 0.6;  // seconds, of a caption
constexpr float kMargin = 0.07F;                            // heights of the picture, as all that follows
constexpr float kName = 0.0085F, kAbout = 0.0036F;          // a dot of the letters
constexpr float kAboutBelow = 0.034F, kKeysBelow = 0.036F;
constexpr float kCapSide = 3.3F, kCapGap = 4, kHintGap = 12.5F;  // dots

// A row of text; returns where it ends.
float add_text(std::vector<CaptionLine>& lines, const std::string& text, float x, float y, float dot,
               float pen, float light) {
  for (const PenLine& l : pen_lines(text))
    lines.push_back({x + l.x1 * dot, y + l.y1 * dot, x + l.x2 * dot, y + l.y2 * dot, pen * dot, light});
  return x + static_cast<float>(text_width(text)) * dot;
}

// A key as it is on a keyboard, and what it does.
float add_hint(std::vector<CaptionLine>& lines, const KeyHint& hint, float x, float y, float dot) {
  const float side = kCapSide * dot;
  const float right = x + side * 2 + static_cast<float>(text_width(hint.key)) * dot;
  const float top = y - side, bottom = y + kLetterHeight * dot + side, round = side * 0.6F;
  add_text(lines, hint.key, x + side, y, dot, 0.85F, 1);
  const float pen = dot * 0.5F, light = 0.7F;
  const auto line = [&](float x1, float y1, float x2, float y2) {
    lines.push_back({x1, y1, x2, y2, pen, light});
  };
  line(x + round, top, right - round, top);
  line(right - round, top, right, top + round);
  line(right, top + round, right, bottom - round);
  line(right, bottom - round, right - round, bottom);
  line(right - round, bottom, x + round, bottom);
  line(x + round, bottom, x, bottom - round);
  line(x, bottom - round, x, top + round);
  line(x, top + round, x + round, top);
  return add_text(lines, hint.does, right + kCapGap * dot, y, dot, 0.7F, 0.85F);
}

float hints_width(const Caption& caption, float dot) {
  float width = 0;
  for (const KeyHint& hint : caption.keys)
    width +=
        kCapSide * 2 + kCapGap + kHintGap + static_cast<float>(text_width(hint.key) + text_width(hint.does));
  return (width - kHintGap) * dot;
}

}  // namespace

const std::vector<TourStop>& tour() {
  static const std::vector<TourStop> stops = {
      {"first-light", {{"Right", "the next preset"}, {"Left", "the one before"}}},
      {"ukiyo", {{"i", "new noise: it begins again"}}},
      {"stained-glass", {{"w", "new weights: another glass"}}},
      {"smoke", {{"Tab", "a knob for everything"}}},
      {"mandala", {{"r", "randomize"}, {"Ctrl+Z", "undo"}}},
      {"brush", {{"z", "freeze"}, {"b", "blackout"}}},
      {"ribbons", {{"c", "your camera, on and off"}}},
      {"rorschach", {{"t", "tap the tempo"}, {"e", "cue another"}}},
      {"woodcut", {{"v", "record"}, {"f", "a snapshot"}}},
      {"vortex", {{"?", "all keys"}, {"Ctrl+Q", "the end"}}},
  };
  return stops;
}

Caption caption_of(const TourStop& stop) {
  const Chain chain = load_chain(stop.preset);
  return {stop.preset, chain.plain() ? chain.parts.front().preset.about : chain.about, stop.keys};
}

double caption_light(double seconds, double stop_seconds) {
  return std::min(fade_share(seconds - kWait, kBrighten),
                  1 - fade_share(seconds - (stop_seconds - kDim), kDim));
}

std::vector<CaptionLine> caption_lines(const Caption& caption, double aspect) {
  std::vector<CaptionLine> lines;
  const float room = static_cast<float>(aspect) - 2 * kMargin;
  const auto fitting = [&](float width) { return width > room ? room / width : 1; };
  const float about = kAbout * fitting(static_cast<float>(text_width(caption.about)) * kAbout);
  const float name = kName * fitting(static_cast<float>(text_width(caption.name)) * kName);
  const float hint = kAbout * fitting(hints_width(caption, kAbout));
  float y = 1 - kMargin - kLetterHeight * hint;
  float x = kMargin;
  for (const KeyHint& key : caption.keys) x = add_hint(lines, key, x, y, hint) + kHintGap * hint;
  if (!caption.keys.empty()) y -= kKeysBelow + kLetterHeight * about;
  if (!caption.about.empty()) {
    add_text(lines, caption.about, kMargin, y, about, 0.7F, 0.85F);
    y -= kAboutBelow + kLetterHeight * name;
  }
  add_text(lines, caption.name, kMargin, y, name, 0.8F, 1);
  return lines;
}

void draw_caption(Planes& picture, const Caption& caption, double light) {
  if (light <= 0) return;
  const auto height = static_cast<float>(picture.height());
  Planes loud(1, picture.height(), picture.width());
  Planes quiet = loud;
  const double aspect = static_cast<double>(picture.width()) / picture.height();
  for (const CaptionLine& l : caption_lines(caption, aspect)) {
    draw_pen_line(l.light < 1 ? quiet : loud, {l.x1 * height, l.y1 * height, l.x2 * height, l.y2 * height},
                  std::max(1.0F, l.width * height));
  }
  const auto share = static_cast<float>(light);
  for (int y = 0; y < picture.height(); ++y) {
    // from above the letters down, ever darker
    const float down = std::clamp((static_cast<float>(y) / height - 0.55F) / 0.45F, 0.0F, 1.0F);
    const float shade = 1 - 0.62F * share * down * down * (3 - 2 * down);
    for (int c = 0; c < 3; ++c) {
      for (int x = 0; x < picture.width(); ++x) {
        const float ink = share * std::max(loud.at(0, y, x), 0.85F * quiet.at(0, y, x));
        float& v = picture.at(c, y, x);
        v = v * shade * (1 - ink) + ink * (c == 2 ? 0.93F : 0.98F);
      }
    }
  }
}

RenderResult render_tour(const TourRequest& request) {
  const auto stop_frames = std::max<int64_t>(1, std::llround(request.stop_seconds * request.fps));
  const auto last = static_cast<int64_t>(tour().size()) - 1;
  std::vector<Caption> captions;
  std::vector<Chain> chains;
  for (const TourStop& stop : tour()) {
    captions.push_back(caption_of(stop));
    chains.push_back(load_chain(stop.preset));
    draw_seeds(chains.back(), request.seed);
  }
  FrameLoopSetup setup;
  setup.fps = request.fps;
  const PlayerSetup player = {request.width, request.height, request.threads, "auto", read_picture};
  setup.player = std::make_unique<ChainPlayer>(player, chains.front());
  setup.draw_over = [&](const FrameTime& time, Planes& picture) {
    const int64_t stop = std::min(time.frame / stop_frames, last);
    const double since = time.seconds - static_cast<double>(stop * stop_frames) / request.fps;
    draw_caption(picture, captions[static_cast<size_t>(stop)], caption_light(since, request.stop_seconds));
  };
  // asked for a frame before it begins: it is made while that one is
  const auto go_on = [&](FrameLoop& loop) {
    const int64_t frame = loop.frames(), next = (frame + 1) / stop_frames;
    if (frame > 0 && frame % stop_frames == 0) loop.player().apply(BeginChain{});
    if ((frame + 1) % stop_frames == 0 && next <= last)
      loop.player().apply(
          ChangeChain{chains[static_cast<size_t>(next)], std::min(kTourFade, request.stop_seconds)});
  };
  const SinkOptions options = sink_options(request.width, request.height, request.fps, "a tour of Reverie");
  return play_offline(std::move(setup), {request.output, options, "", nullptr, request.quiet},
                      stop_frames * (last + 1), go_on);
}

}  // namespace reverie
