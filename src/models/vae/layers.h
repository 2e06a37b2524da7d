// The layers of a variational autoencoder, as recipes list them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reverie {

enum class VaeOp { kConvolution, kTransposed, kShuffle, kResidual, kUp, kDense };
enum class VaeActivation { kLinear, kElu, kRelu, kSoftplus, kTanh, kSigmoid, kLeaky };
// kStyle: each channel's mean and deviation over the picture are taken away (instance normalisation), and a
// gain and an offset follow that the codes' own statistics give (Dumoulin et al. 2017, "A Learned
// Representation for Artistic Style", with statistics of codes in place of a table of styles).
enum class VaeNorm { kNone, kBatch, kStyle };
enum class VaePadding { kZero, kReflect };

const std::vector<std::string>& vae_activation_words();
const std::vector<std::string>& vae_norm_words();
const std::vector<std::string>& vae_padding_words();

struct VaeLayer {
  VaeOp op = VaeOp::kConvolution;
  std::string name;            // "encode1": which side, and its place there
  int lower = 0, upper = 0;    // channels below and above it
  int kernel = 3, stride = 1;  // of convolutions
  std::string tied;            // the encoder's layer whose weights it has, with a bias of its own
  // Height and width that a transposed convolution makes; 0: stride times what it gets.
  int height = 0, width = 0;
};

bool makes_larger(const VaeLayer& layer);

// What a recipe's table says.
struct VaeSettings {
  std::vector<std::string> encoder = {}, decoder = {};  // decoder empty: the encoder mirrored
  int codes = 64;
  int top = 0;  // of a generator, which has no encoder: channels that the codes become first
  // A grid of code vectors, one for each place of the encoder's last layer; otherwise one for the picture.
  bool spatial = true;
  int width = 0, height = 0;  // of pictures, where there is one code vector: its weights depend on them
  VaeActivation activation = VaeActivation::kElu;
  VaeNorm norm = VaeNorm::kNone;  // of the encoder's layers (kStyle: none) and the decoder's
  VaePadding padding = VaePadding::kZero;
  VaeActivation output = VaeActivation::kSigmoid;
  bool output_norm = false;  // the picture that comes out is normalised too, before its activation
  int refiner = 0;           // channels of a second network over what the decoder makes (refiner.h); 0: none
  bool tied = false;         // a mirrored decoder has the encoder's weights
  bool variance = false;     // the decoder makes a mean and a log variance of each sample
  bool mirrored_kernels =
      true;           // of a mirrored decoder; otherwise its first layer has the encoder's first one
  bool grey = false;  // pictures are seen and made as one channel, their luma
  // Of a generator by scales (scales.h): the layers of each scale above the coarsest, "conv 32 5, conv 3 5".
  std::vector<std::string> finer = {};
  bool conditional = false;  // what decodes is told the class, one of the model's labels
  int classes = 0;           // where they are: how many there are
  int planes = 0;            // that an encoder sees beside the channels of pictures

  int channels() const { return grey ? 1 : 3; }  // of pictures
};

// Both sides with all that follows from the words.
struct VaeLayers {
  std::vector<VaeLayer> encoder, decoder;    // from the picture up, and from the codes down
  std::vector<std::vector<VaeLayer>> finer;  // of a generator by scales, each from the coarser picture on
  int top = 0;                               // channels of the encoder's last layer, and of the codes' first
  int top_height = 0, top_width = 0;         // of it, where there is one code vector and it has places
  int shrink = 1;                            // pixels from one code to the next
};

// A list of
//   conv C [K [S]]     convolution K x K (3) with stride S (1), normalisation, activation
//   deconv C [K [S]]   transposed convolution with stride S (2), likewise
//   shuffle C [K]      convolution to 4 C channels whose numbers become twice as many rows and columns
//                      (Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution"), likewise
//   residual           x + two convolutions 3x3 of as many channels, the first with its activation
//   up                 twice as large, nearest neighbours
//   dense N            all to all (one code vector only)
// The decoder's last layer makes the picture's channels; of a generator by scales, of its coarsest picture.
// Finer scales have conv and residual without strides.  Error says which word is wrong.
VaeLayers parse_vae(const VaeSettings& settings);
// The encoder alone, its layers named NAME1, NAME2 and so on.
VaeLayers parse_encoder(const VaeSettings& settings, const std::string& name = "encode");

}  // namespace reverie
