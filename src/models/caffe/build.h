// A net of Caffe as a graph.
#pragma once

#include <optional>
#include <vector>

#include "models/graph/graph.h"
#include "weights/caffe_net.h"

namespace reverie {

// Where the numbers of one of the graph's parameters come from.
struct CaffeParameter {
  enum class Kind {
    kFilter,      // convolutions, fully connected layers
    kTransposed,  // [in, out] in the file
    kZero,        // biases, and other numbers that begin at 0
    kOne,         // gains
    kSlope,       // of PReLU
    kNormScale,   // of what batch normalisation is once it is trained
    kNormShift
  } kind = Kind::kFilter;
  std::string layer;
  int blob = 0;
  double epsilon = 0;  // of batch normalisation
};

struct CaffeGraph {
  Graph graph;
  std::vector<CaffeParameter> parameters;  // in the order of the graph's
  int64_t score_count = 0;                 // 0: no layer gives scores
  const CaffeLayer* data = nullptr;        // the net's own, where it has one
};

// The net as it is used: phase TEST, without losses.  With `weights`, fully connected layers are as large as
// theirs; without them, or where the file does not say the size of its pictures, as that size makes them.
// Error names the layer and its line for what cannot be run: types that are not known, inputs that nobody
// makes, shapes that do not fit each other, more than 2 GB of weights.  Nothing is allocated yet.
CaffeGraph build_caffe(const CaffeNet& net, const TensorFile* weights);

// The numbers.  Error names a layer whose weights are missing or as many as no such layer has.
Parameters load_caffe(const CaffeGraph& graph, const TensorFile& weights);
// Uniform, of deviation sqrt(2 / fan in) (He et al. 2015); the same for the same seed.
Parameters random_caffe(const CaffeGraph& graph, uint64_t seed);

}  // namespace reverie
