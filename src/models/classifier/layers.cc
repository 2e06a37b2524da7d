#include "models/classifier/layers.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

constexpr size_t kMostLayers = 200;
constexpr int kMostWidth = 4096;
constexpr int kLargestSide = 31;

const std::vector<std::string>& op_words() {
  static const std::vector<std::string> words = {"conv", "residual", "max", "mean", "dropout", "dense"};
  return words;
}

[[noreturn]] void fail(const std::string& text, const std::string& why) {
  throw Error("understand the layer", in_quotes(text), why);
}

int whole(const std::string& text, const std::string& word, int high) {
  const double value = to_number(word).value_or(0);
  if (!(value >= 1 && value <= high && value == std::floor(value)))
    fail(text, fmt::format("{} is not a number from 1 to {}", in_quotes(word), high));
  return static_cast<int>(value);
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& word : split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (words.empty()) fail(text, "it is empty");
  return words;
}

// What may follow the layer's word.
void check_count(const std::string& text, size_t count, size_t low, size_t high) {
  if (count < low || count > high)
    fail(text, low == high ? fmt::format("it takes {} numbers", low)
                           : fmt::format("it takes {} to {} numbers", low, high));
}

void read_numbers(const std::string& text, const std::vector<std::string>& words, ClassifierLayer& layer) {
  const size_t numbers = words.size() - 1;
  switch (layer.op) {
    case ClassifierOp::kConvolution:
      check_count(text, numbers, 1, 2);
      layer.channels = whole(text, words[1], kMostWidth);
      if (numbers == 2) layer.kernel = whole(text, words[2], kLargestSide);
      if (layer.kernel % 2 == 0) fail(text, "its kernel is not odd");
      break;
    case ClassifierOp::kDense:
      check_count(text, numbers, 1, 1);
      layer.channels = whole(text, words[1], kMostWidth);
      break;
    case ClassifierOp::kMax:
    case ClassifierOp::kMean:
      check_count(text, numbers, 0, 1);
      layer.kernel = numbers == 0 ? 0 : whole(text, words[1], kLargestSide);
      break;
    case ClassifierOp::kDropout:
      check_count(text, numbers, 1, 1);
      layer.share = to_number(words[1]).value_or(-1);
      if (!(layer.share >= 0 && layer.share < 1)) fail(text, "its share is not from 0 to less than 1");
      break;
    case ClassifierOp::kResidual:
      check_count(text, numbers, 0, 0);
      break;
  }
}

}  // namespace

std::vector<ClassifierLayer> parse_classifier(const std::vector<std::string>& texts) {
  if (texts.size() > kMostLayers)
    throw Error("build", "a classifier", fmt::format("more than {} layers", kMostLayers));
  std::vector<ClassifierLayer> layers;
  std::map<std::string, int> count;
  int channels = 3;
  bool flat = false;
  for (const std::string& text : texts) {
    const std::vector<std::string> words = words_of(text);
    const auto op = std::find(op_words().begin(), op_words().end(), words[0]);
    if (op == op_words().end())
      fail(text, fmt::format("there are {}{}", join(op_words(), ", "), did_you_mean(words[0], op_words())));
    ClassifierLayer layer;
    layer.op = static_cast<ClassifierOp>(op - op_words().begin());
    layer.name = words[0] + std::to_string(++count[words[0]]);
    read_numbers(text, words, layer);
    if (layer.channels == 0) layer.channels = channels;
    const bool either = layer.op == ClassifierOp::kDropout;
    const bool wants_flat = layer.op == ClassifierOp::kDense;
    if (!either && wants_flat != flat)
      fail(text, flat ? "the whole picture is pooled before it"
                      : "it wants a max or mean over the whole picture before it");
    const bool pool = layer.op == ClassifierOp::kMax || layer.op == ClassifierOp::kMean;
    flat = flat || (pool && layer.kernel == 0);
    layer.flat = flat;
    channels = layer.channels;
    layers.push_back(std::move(layer));
  }
  if (!flat) throw Error("build", "a classifier", "it lacks a max or mean over the whole picture");
  return layers;
}

}  // namespace reverie
