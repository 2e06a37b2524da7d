#include "models/classifier/layers.h"

#include <fmt/format.h>

#include <map>

#include "core/error.h"
#include "core/text.h"
#include "models/layer_words.h"

namespace reverie {
namespace {

constexpr size_t kMostLayers = 200;
constexpr int kMostWidth = 4096;
constexpr int kLargestSide = 31;
constexpr int kLargestFlatSide = 1024;
constexpr int kMostNumbers = 1 << 20;  // that all go to all

const std::vector<std::string>& op_words() {
  static const std::vector<std::string> words = {"conv",  "residual", "max",  "mean",   "dropout",
                                                 "dense", "grey",     "flat", "sigmoid"};
  return words;
}

void read_numbers(const LayerWords& words, ClassifierLayer& layer) {
  switch (layer.op) {
    case ClassifierOp::kConvolution:
      check_count(words, 1, 3);
      layer.channels = whole_number(words, 0, kMostWidth);
      layer.kernel = whole_number(words, 1, kLargestSide, layer.kernel);
      layer.stride = whole_number(words, 2, kLargestSide, layer.stride);
      if (layer.kernel % 2 == 0) fail_at_layer(words.text, "its kernel is not odd");
      break;
    case ClassifierOp::kDense:
    case ClassifierOp::kSigmoid:
      check_count(words, 1, 1);
      layer.channels = whole_number(words, 0, kMostWidth);
      break;
    case ClassifierOp::kMax:
    case ClassifierOp::kMean:
      check_count(words, 0, 1);
      layer.kernel = whole_number(words, 0, kLargestSide);
      break;
    case ClassifierOp::kDropout:
      check_count(words, 1, 1);
      layer.share = to_number(words.numbers[0]).value_or(-1);
      if (!(layer.share >= 0 && layer.share < 1))
        fail_at_layer(words.text, "its share is not from 0 to less than 1");
      break;
    case ClassifierOp::kFlat:
      check_count(words, 2, 2);
      layer.width = whole_number(words, 0, kLargestFlatSide);
      layer.height = whole_number(words, 1, kLargestFlatSide);
      break;
    case ClassifierOp::kGrey:
    case ClassifierOp::kResidual:
      check_count(words, 0, 0);
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
    const LayerWords words = parse_layer_words(text, op_words());
    ClassifierLayer layer;
    layer.op = static_cast<ClassifierOp>(words.op);
    const std::string& word = op_words()[words.op];
    layer.name = word + std::to_string(++count[word]);
    read_numbers(words, layer);
    if (layer.channels == 0) layer.channels = channels;
    if (layer.op == ClassifierOp::kGrey) {
      if (!layers.empty()) fail_at_layer(text, "it is the first of all layers");
      layer.channels = 1;
    }
    if (layer.op == ClassifierOp::kFlat) {
      if (layer.width * layer.height > kMostNumbers / channels)
        fail_at_layer(text, "it makes more than a million numbers");
      layer.channels = channels * layer.width * layer.height;
    }
    const bool either = layer.op == ClassifierOp::kDropout;
    const bool wants_flat = layer.op == ClassifierOp::kDense || layer.op == ClassifierOp::kSigmoid;
    if (!either && wants_flat != flat)
      fail_at_layer(text, flat ? "the whole picture is pooled before it"
                               : "it wants a max or mean over the whole picture, or flat, before it");
    const bool pool = layer.op == ClassifierOp::kMax || layer.op == ClassifierOp::kMean;
    flat = flat || (pool && layer.kernel == 0) || layer.op == ClassifierOp::kFlat;
    layer.flat = flat;
    channels = layer.channels;
    layers.push_back(std::move(layer));
  }
  if (!flat) throw Error("build", "a classifier", "it lacks a max or mean over the whole picture, or flat");
  return layers;
}

}  // namespace reverie
