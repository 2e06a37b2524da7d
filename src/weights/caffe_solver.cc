#include "weights/caffe_solver.h"

#include <google/protobuf/descriptor.h>

#include <array>
#include <set>

#include "core/error.h"
#include "reverie_caffe.pb.h"
#include "weights/caffe_text.h"

namespace reverie {
namespace {

// Names for the values of the old enum.
std::string type_name(caffe::SolverParameter::SolverType type) {
  static constexpr std::array<const char*, 6> kNames = {"SGD",     "Nesterov", "AdaGrad",
                                                        "RMSProp", "AdaDelta", "Adam"};
  return kNames.at(static_cast<size_t>(type));
}

// Fields that are set and only control testing, display, storage and the device.
std::vector<std::string> housekeeping_of(const caffe::SolverParameter& from) {
  static const std::set<std::string> kind = {
      "test_net",         "test_iter",       "test_interval", "test_initialization",  "test_compute_loss",
      "display",          "average_loss",    "snapshot",      "snapshot_prefix",      "snapshot_diff",
      "solver_mode",      "snapshot_format", "device_id",     "snapshot_after_train", "debug_info",
      "layer_wise_reduce"};
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  caffe::SolverParameter::GetReflection()->ListFields(from, &fields);
  std::vector<std::string> names;
  for (const auto* field : fields) {
    if (kind.contains(field->name())) names.push_back(field->name());
  }
  return names;
}

}  // namespace

bool is_caffe_solver(std::string_view text, const std::string& file) {
  caffe::NetParameter net;
  parse_caffe_text(text, file, net);
  return net.layer_size() == 0 && net.layers_size() == 0;
}

CaffeSolver parse_caffe_solver(std::string_view text, const std::string& file) {
  caffe::SolverParameter from;
  CaffeSolver s;
  s.file = file;
  s.skipped = parse_caffe_text(text, file, from);
  s.net = from.has_net() ? from.net() : from.train_net();
  s.type = from.has_solver_type() && !from.has_type() ? type_name(from.solver_type()) : from.type();
  if (from.has_base_lr()) s.rate = from.base_lr();
  s.rate_policy = from.lr_policy();
  if (from.has_gamma()) s.gamma = from.gamma();
  if (from.has_stepsize()) s.step_size = from.stepsize();
  if (from.has_max_iter()) s.iterations = from.max_iter();
  if (from.iter_size() < 1) throw Error("read", file, "iter_size is below 1");
  s.batches_per_step = from.iter_size();
  s.momentum = from.momentum();
  s.weight_decay = from.weight_decay();
  s.regularization = from.regularization_type();
  s.second_momentum = from.momentum2();
  s.delta = from.delta();
  if (from.clip_gradients() >= 0) s.clip_gradients = from.clip_gradients();
  if (from.random_seed() >= 0) s.seed = from.random_seed();
  s.housekeeping = housekeeping_of(from);
  return s;
}

CaffeSolver read_caffe_solver(const std::filesystem::path& path) {
  return parse_caffe_solver(read_caffe_text(path), path.string());
}

}  // namespace reverie
