// Networks that watch videos, in recipes and files.
#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/layer_words.h"
#include "models/video/video.h"

namespace reverie {
namespace {

constexpr int kLargestTrainingSide = 16384;

std::string quoted_list(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const std::string& word : words) quoted.push_back(quote_toml(word));
  return fmt::format("[{}]", join(quoted, ", "));
}

class VideoNetworkSettings : public NetworkSettings {
 public:
  explicit VideoNetworkSettings(VideoSettings said) : settings(std::move(said)) {}

  std::string text() const override {
    std::string text = fmt::format("[video]\nframes = {}\ninput = {}\nlayers = {}\n", settings.frames,
                                   quote_toml(video_input_words()[static_cast<size_t>(settings.input)]),
                                   quoted_list(settings.layers));
    if (!settings.flow_layers.empty()) text += "flow_layers = " + quoted_list(settings.flow_layers) + "\n";
    if (settings.fusion == VideoFusion::kSvm) text += "fusion = \"svm\"\n";
    return text;
  }

  // Of a small picture: names do not depend on its size.
  std::vector<std::string> parameter_names() const override {
    std::vector<std::string> names;
    const VideoModel model = small();
    for (const ParameterSlice& slice : model.parameters().slices()) names.push_back(slice.name);
    return names;
  }

  std::unique_ptr<Model> build(const BuildOptions& options) const override {
    if (options.labels.size() < 2)
      throw Error("train", "a network for video", "the record set does not have two labels or more",
                  "import a folder with a folder of videos for each label");
    InputTransform input = options.input;
    if (input.mean.defined()) input.mean = input.mean.mean(at::IntArrayRef({1, 2}), true);
    auto model = std::make_unique<VideoModel>(settings, options.labels, options.height, options.width,
                                              std::move(input), options.device);
    model->initialise(options.seed);
    return model;
  }

  double weights() const override { return static_cast<double>(small().parameters().flat().numel()); }

  // Of every convolution what it makes and what the normalisation makes of that; height: of all frames.
  double activations(int height, int width) const override {
    double activations = 0;
    double samples = static_cast<double>(height) * width;
    for (const VideoLayer& layer : parse_video(settings.layers)) {
      if (layer.op == VideoOp::kMax)
        samples /= static_cast<double>(layer.kernel) * layer.kernel * layer.frames;
      if (layer.op == VideoOp::kMean || layer.op == VideoOp::kFlat) break;
      activations += 2 * samples / layer.step * layer.channels;
    }
    return activations;
  }

  VideoSettings settings;

 private:
  // Large enough for its pooling, small enough to cost nothing.
  VideoModel small() const {
    int side = 1;
    for (const auto* list : {&settings.layers, &settings.flow_layers}) {
      int own = 1;
      if (list->empty()) continue;
      for (const VideoLayer& layer : parse_video(*list)) own *= layer.op == VideoOp::kMax ? layer.kernel : 1;
      side = std::max(side, own);
    }
    return VideoModel(settings, {"a", "b"}, 2 * side, 2 * side, {});
  }
};

std::shared_ptr<const NetworkSettings> read_recipe(const TomlReader& reader) {
  const TomlNode* list = reader.find("layers");
  if (!list) fail_at_line(reader.file_name(), reader.line(), "'layers' is missing");
  VideoSettings settings;
  settings.frames = static_cast<int>(reader.whole("frames", 1, kMostSeenFrames, settings.frames));
  settings.input = reader.word("input", video_input_words(), std::optional(settings.input));
  settings.fusion = reader.word("fusion", video_fusion_words(), std::optional(settings.fusion));
  settings.layers = words_at(reader, "layers");
  settings.flow_layers = words_at(reader, "flow_layers");
  if (settings.input != VideoInput::kFrames && settings.frames < 2)
    fail_at_line(reader.file_name(), reader.line(), "flow needs two frames or more");
  if (settings.fusion == VideoFusion::kSvm && settings.input != VideoInput::kBoth)
    reader.fail(*reader.find("fusion"), "a machine fuses two streams: input = \"both\"");
  return reader.at(*list, [&] {
    auto made = std::make_shared<const VideoNetworkSettings>(settings);
    made->weights();  // Error for layers that do not fit each other
    return made;
  });
}

std::unique_ptr<Model> read_file(const TensorFile& file) {
  VideoSettings settings;
  settings.frames = static_cast<int>(file_number(file, "frames", 1, kMostSeenFrames));
  settings.input = word_in<VideoInput>(file, "input", video_input_words());
  if (file.metadata.contains("fusion"))
    settings.fusion = word_in<VideoFusion>(file, "fusion", video_fusion_words());
  settings.layers = words_in(file, "layers");
  if (file.metadata.contains("flow_layers")) settings.flow_layers = words_in(file, "flow_layers");
  const std::vector<std::string> labels = read_file_labels(file, 2);
  const int height = static_cast<int>(file_number(file, "height", 1, kLargestTrainingSide));
  const int width = static_cast<int>(file_number(file, "width", 1, kLargestTrainingSide));
  // before memory is taken for what the words ask for
  if (VideoNetworkSettings(settings).weights() > 2 * count_numbers(file))
    throw Error("read", file.name, "it has fewer weights than its layers ask for");
  auto model = std::make_unique<VideoModel>(settings, labels, height, width, read_training_input(file));
  read_parameters(file, model->parameters());
  return model;
}

}  // namespace

VideoSettings video_settings(const NetworkSettings& settings) {
  return dynamic_cast<const VideoNetworkSettings&>(settings).settings;
}

Family video_family() {
  return {"video", read_file, {"frames", "input", "layers", "flow_layers", "fusion"}, read_recipe};
}

}  // namespace reverie
