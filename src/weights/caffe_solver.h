// Caffe's solver descriptions (.prototxt) as plain data.
//
// Format: BVLC Caffe 1.0, src/caffe/proto/caffe.proto, SolverParameter in protobuf's text form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

struct CaffeSolver {
  std::string file;           // for errors
  std::string net;            // the net's file, if given
  std::string type = "SGD";   // SGD, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam, as in `type: "SGD"`
  std::optional<float> rate;  // base_lr
  std::string rate_policy;    // fixed, step, exp, ...
  std::optional<float> gamma;
  std::optional<int64_t> step_size;
  std::optional<int64_t> iterations;  // max_iter
  int64_t batches_per_step = 1;       // iter_size
  float momentum = 0, weight_decay = 0;
  std::string regularization = "L2";
  float second_momentum = 0.999F, delta = 1e-8F;  // for Adam; for AdaGrad and Adam
  std::optional<float> clip_gradients;
  std::optional<int64_t> seed;
  std::vector<std::string> housekeeping;  // fields that do not affect what is learned
  std::vector<std::string> skipped;       // fields unknown to this reader, "line 12: name"
};

// Whether a .prototxt describes a solver rather than a net: it has no layer.
bool is_caffe_solver(std::string_view text, const std::string& file);

// Error names the file and the line.
CaffeSolver read_caffe_solver(const std::filesystem::path& path);

// The same from memory; file is the name for errors.
CaffeSolver parse_caffe_solver(std::string_view text, const std::string& file);

}  // namespace reverie
