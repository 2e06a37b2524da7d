// Networks as ONNX graphs (https://onnx.ai, operator set 13), which other programs run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "weights/tensor.h"

namespace reverie {

// Writes a graph node by node: whatever is computed has a name, which later nodes take.
class OnnxGraph {
 public:
  using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>>;
  // Of a tensor: numbers, or names of sides that are known only when the graph runs.
  using Shape = std::vector<std::variant<int64_t, std::string>>;

  explicit OnnxGraph(const std::string& name);
  ~OnnxGraph();
  OnnxGraph(const OnnxGraph&) = delete;
  OnnxGraph& operator=(const OnnxGraph&) = delete;

  // A name that nodes take.
  std::string input(const std::string& name, const Shape& shape);
  std::string constant(const std::string& name, const Tensor& tensor);
  std::string number(double value);
  std::string whole_numbers(const std::vector<int64_t>& values);

  // The name of its output.  An empty input is one that is left out.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::map<std::string, Attribute>& attributes = {});
  void output(const std::string& value, const std::string& name, const Shape& shape);

  // The file's content.  doc: what the graph is, in plain words.
  std::vector<uint8_t> bytes(const std::string& doc,
                             const std::map<std::string, std::string>& metadata) const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
