// Makes graphs of torchvision's modules: each step takes its weights from the file, and adds a node.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/graph/graph.h"

namespace reverie::torchvision {

// What a convolution does beside its weights.
struct Steps {
  Extent stride{1, 1};
  std::optional<int64_t> pad;  // on each side; else as much as keeps the size
};

// Nodes are known by their numbers; -1 is the picture.  What does not fit is an Error naming the file and the
// tensor.
class Builder {
 public:
  // The file must outlive this.  Names of its tensors may begin with "module.", as those of networks that
  // learned on several devices do.
  explicit Builder(const TensorFile& file);

  double norm_epsilon = 1e-5;  // of batch normalisation

  bool has(const std::string& name) const { return file_.has(prefix_ + name); }
  // Error unless it is there and has so many axes.
  const Tensor& get(const std::string& name, size_t axes);

  int convolution(const std::string& name, int from, const Steps& steps = {});
  int norm(const std::string& name, int from);
  int relu(const std::string& name, int from);
  int max_pool(const std::string& name, int from, int64_t kernel, int64_t stride, int64_t pad, bool round_up);
  int mean_pool(const std::string& name, int from, int64_t kernel, int64_t stride, int64_t pad);
  int global_mean(const std::string& name, int from);
  int concat(const std::string& name, const std::vector<int>& from);
  int sum(const std::string& name, int a, int b);
  int flat(const std::string& name, int from);
  // Fully connected to `area` samples of each channel; tensor: its name in the file, where it is another.
  int dense(const std::string& name, int from, int64_t area = 1, const std::string& tensor = "");
  int alias(const std::string& name, int from);

  int64_t channels(int node) const { return node < 0 ? 3 : channels_[static_cast<size_t>(node)]; }
  // Tensors that no node has taken.
  std::vector<std::string> left() const;

  Graph graph;
  // Their values, as the graph's layout says; Error for those that are not finite.
  Parameters parameters() const;

 private:
  int add(const std::string& name, GraphOp op, std::vector<int> inputs, int64_t channels);
  int parameter(const std::string& name, const Tensor& tensor);
  int bias_of(const std::string& tensor, int64_t count);
  [[noreturn]] void fail(const std::string& name, const std::string& why) const;

  const TensorFile& file_;
  std::string prefix_;
  std::vector<int64_t> channels_;
  std::vector<const Tensor*> sources_;  // of the parameters
  std::deque<Tensor> made_;
  std::set<std::string> taken_;
};

}  // namespace reverie::torchvision
