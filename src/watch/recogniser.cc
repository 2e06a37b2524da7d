#include "watch/recogniser.h"

#include <fmt/format.h>

#include <cctype>

#include "core/error.h"
#include "core/fit.h"
#include "core/text.h"
#include "models/pictures.h"
#include "models/tensor_state.h"
#include "models/video/video.h"

namespace reverie {

std::string signal_name(const std::string& label) {
  std::string name = lower(std::string(trim(label.substr(0, label.find(',')))));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return name;
}

Recogniser::Recogniser(std::unique_ptr<Model> model) : model_(std::move(model)) {
  if (const auto* video = dynamic_cast<const VideoModel*>(model_.get())) {
    frames_ = video->settings().frames;
    height_ = video->height();
    width_ = video->width();
    return;
  }
  if (model_->scores_layer().empty())
    throw Error("recognise with", "this model",
                fmt::format("its family is '{}': it says nothing of what it sees", model_->family()),
                "a model of the family video or classifier, or a published network");
  height_ = width_ = static_cast<int>(model_->trained_side());
  if (height_ <= 0 || labels().empty())
    throw Error("recognise with", "this model", "it does not say its labels and the size of its pictures");
}

void Recogniser::see(const Planes& picture) {
  if (ready()) seen_.erase(seen_.begin());
  seen_.push_back(from_picture(fit_picture(picture, height_, width_, Fit::kCrop))[0]);
}

void Recogniser::save(State& to) const {
  if (seen_.empty()) return;
  put_tensor(to, "seen", torch::stack(seen_));
}

void Recogniser::load(const State& from) {
  seen_.clear();
  if (!from.has("seen")) return;
  for (const torch::Tensor& frame : tensor_of(from, "seen").unbind(0)) {
    if (frame.sizes() == torch::IntArrayRef{3, height_, width_} && !ready()) seen_.push_back(frame.clone());
  }
}

std::vector<double> Recogniser::answer() const {
  const torch::NoGradGuard no_grad;
  torch::Tensor shares;
  if (const auto* video = dynamic_cast<const VideoModel*>(model_.get())) {
    shares = video->shares(video->scores(video->look(torch::stack(seen_).unsqueeze(0))));
  } else {
    const torch::Tensor seen = apply(model_->input, seen_.front().unsqueeze(0));
    shares = torch::softmax(model_->forward(seen, {model_->scores_layer()})[0].flatten(1), 1);
  }
  shares = shares.flatten().to(torch::kFloat64).contiguous();
  return {shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel()};
}

}  // namespace reverie
