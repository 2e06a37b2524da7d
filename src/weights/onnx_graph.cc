#include "weights/onnx_graph.h"

#include <fmt/format.h>

#include <bit>
#include <set>

#include "reverie_onnx.pb.h"

namespace reverie {

static_assert(std::endian::native == std::endian::little, "raw data is little-endian");

struct OnnxGraph::Work {
  onnx::GraphProto graph;
  std::set<std::string> constants;
  int made = 0;
};

namespace {

void set_shape(const std::string& name, const OnnxGraph::Shape& shape, onnx::ValueInfoProto& to) {
  to.set_name(name);
  onnx::TypeProto::Tensor* tensor = to.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx::TensorProto::FLOAT);
  for (const auto& side : shape) {
    onnx::TensorShapeProto::Dimension* dim = tensor->mutable_shape()->add_dim();
    if (const auto* number = std::get_if<int64_t>(&side)) {
      dim->set_dim_value(*number);
    } else {
      dim->set_dim_param(std::get<std::string>(side));
    }
  }
}

void set_attribute(const std::string& name, const OnnxGraph::Attribute& value, onnx::AttributeProto& to) {
  to.set_name(name);
  if (const auto* i = std::get_if<int64_t>(&value)) {
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(*i);
  } else if (const auto* f = std::get_if<double>(&value)) {
    to.set_type(onnx::AttributeProto::FLOAT);
    to.set_f(static_cast<float>(*f));
  } else if (const auto* s = std::get_if<std::string>(&value)) {
    to.set_type(onnx::AttributeProto::STRING);
    to.set_s(*s);
  } else {
    to.set_type(onnx::AttributeProto::INTS);
    for (const int64_t one : std::get<std::vector<int64_t>>(value)) to.add_ints(one);
  }
}

}  // namespace

OnnxGraph::OnnxGraph(const std::string& name) : work_(std::make_unique<Work>()) {
  work_->graph.set_name(name);
}
OnnxGraph::~OnnxGraph() = default;

std::string OnnxGraph::input(const std::string& name, const Shape& shape) {
  set_shape(name, shape, *work_->graph.add_input());
  return name;
}

std::string OnnxGraph::constant(const std::string& name, const Tensor& tensor) {
  if (!work_->constants.insert(name).second) return name;
  onnx::TensorProto* to = work_->graph.add_initializer();
  to->set_name(name);
  to->set_data_type(onnx::TensorProto::FLOAT);
  for (const int64_t side : tensor.shape) to->add_dims(side);
  to->set_raw_data(tensor.data.data(), tensor.data.size() * sizeof(float));
  return name;
}

std::string OnnxGraph::number(double value) {
  return constant(fmt::format("number {}", value), {{}, {static_cast<float>(value)}});
}

std::string OnnxGraph::whole_numbers(const std::vector<int64_t>& values) {
  const std::string name = fmt::format("numbers {}", fmt::join(values, " "));
  if (!work_->constants.insert(name).second) return name;
  onnx::TensorProto* to = work_->graph.add_initializer();
  to->set_name(name);
  to->set_data_type(onnx::TensorProto::INT64);
  to->add_dims(static_cast<int64_t>(values.size()));
  to->set_raw_data(values.data(), values.size() * sizeof(int64_t));
  return name;
}

std::string OnnxGraph::node(const std::string& op, const std::vector<std::string>& inputs,
                            const std::map<std::string, Attribute>& attributes) {
  onnx::NodeProto* to = work_->graph.add_node();
  std::string name = fmt::format("{} {}", op, ++work_->made);
  to->set_name(name);
  to->set_op_type(op);
  for (const std::string& one : inputs) to->add_input(one);
  to->add_output(name);
  for (const auto& [key, value] : attributes) set_attribute(key, value, *to->add_attribute());
  return name;
}

void OnnxGraph::output(const std::string& value, const std::string& name, const Shape& shape) {
  onnx::NodeProto* to = work_->graph.add_node();
  to->set_name(name);
  to->set_op_type("Identity");
  to->add_input(value);
  to->add_output(name);
  set_shape(name, shape, *work_->graph.add_output());
}

std::vector<uint8_t> OnnxGraph::bytes(const std::string& doc,
                                      const std::map<std::string, std::string>& metadata) const {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("reverie");
  model.set_doc_string(doc);
  model.add_opset_import()->set_version(13);
  *model.mutable_graph() = work_->graph;
  for (const auto& [key, value] : metadata) {
    onnx::StringStringEntryProto* entry = model.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
  const std::string text = model.SerializeAsString();
  return {text.begin(), text.end()};
}

}  // namespace reverie
