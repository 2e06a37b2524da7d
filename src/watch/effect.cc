#include "watch/effect.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "models/torch_threads.h"
#include "sheets/font.h"
#include "watch/recogniser.h"

namespace reverie {
namespace {

class WatchEffect final : public Effect {
 public:
  WatchEffect(const EffectSetup& setup, const ParameterValues& values)
      : threads_(setup.threads ? setup.threads : std::make_shared<Threads>(0)),
        recogniser_(read_model(setup.find_file(values.text("model")))) {
    for (const std::string& label : recogniser_.labels()) names_.push_back(signal_name(label));
    shares_.assign(names_.size(), 0);
  }

  void restart(uint64_t /*seed*/, const Frame& /*frame*/, const ParameterValues& /*values*/) override {
    recogniser_.forget();
    shares_.assign(names_.size(), 0);
    answered_ = false;
    since_ = 0;
  }

  void save(State& to) override {
    recogniser_.save(to);
    to.put_numbers("shares", shares_);
    to.put_whole("answered", answered_ ? 1 : 0);
    to.put_whole("since", since_);
  }

  void load(const State& from, const ParameterValues& /*values*/) override {
    recogniser_.load(from);
    shares_ = from.numbers("shares", names_.size());
    answered_ = from.whole("answered") != 0;
    since_ = from.whole("since");
  }

  void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) override {
    if (!frame.picture) throw Error("watch", "", "there is no picture to watch");
    use_torch_threads(threads_->count());
    out = *frame.picture;
    recogniser_.see(*frame.picture);
    ++since_;
    if (recogniser_.ready() && (!answered_ || since_ >= values.integer("every")))
      look(values.number("smooth"));
    for (size_t i = 0; i < names_.size(); ++i) {
      if (told.wants(names_[i])) told.tell(names_[i], shares_[i]);
    }
    const auto best = std::max_element(shares_.begin(), shares_.end());
    told.tell("certainty", *best);
    if (values.flag("show") && answered_) show(out, static_cast<size_t>(best - shares_.begin()));
  }

 private:
  void look(double smooth) {
    const std::vector<double> now = recogniser_.answer();
    const double kept = answered_ ? smooth : 0;
    for (size_t i = 0; i < now.size(); ++i) shares_[i] = kept * shares_[i] + (1 - kept) * now[i];
    answered_ = true;
    since_ = 0;
  }

  // The likeliest label and a bar as long as it is sure, below the picture's upper edge.
  void show(Planes& out, size_t best) const {
    constexpr int kLinesHigh = 24;  // of such lines a picture is high
    constexpr Colour kInk = {1, 1, 1};
    const int scale = std::max(1, out.height() / (kLinesHigh * 14));
    const int margin = 6 * scale;
    const int high = 20 * scale;
    const int wide = std::min(out.width(), 160 * scale);
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < std::min(high, out.height()); ++y) {
        for (int x = 0; x < wide; ++x) {
          float& v = out.at(c, y, x);
          v *= 0.35F;
          if (x < shares_[best] * wide) v += c == 1 ? 0.35F : 0.12F;
        }
      }
    }
    draw_text(out, margin, 3 * scale,
              fmt::format("{} {:.0f}%", recogniser_.labels()[best], 100 * shares_[best]), kInk, scale);
  }

  std::shared_ptr<Threads> threads_;
  Recogniser recogniser_;
  std::vector<std::string> names_;  // of the labels' signals
  std::vector<double> shares_;
  bool answered_ = false;
  int64_t since_ = 0;  // frames since the last look
};

}  // namespace

std::unique_ptr<Effect> make_watch(const EffectSetup& setup, const ParameterValues& values) {
  return std::make_unique<WatchEffect>(setup, values);
}

}  // namespace reverie
