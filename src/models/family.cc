#include "models/family.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/text.h"
#include "models/caffe/family.h"
#include "models/classifier/classifier.h"
#include "models/hourglass/family.h"
#include "models/torchvision/torchvision.h"
#include "weights/hourglass_file.h"
#include "weights/pth.h"
#include "weights/safetensors.h"

namespace reverie {

namespace {

bool is_pytorch(const std::filesystem::path& path) {
  const std::string name = uncompressed_name(path.string());
  return name.ends_with(".pth") || name.ends_with(".pt") || kind_of(path).type == FileType::kPyTorch;
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      hourglass_family(),
      classifier_family(),
      caffe_family(),
  };
  return list;
}

const Family* find_family(const std::string& name) {
  const auto& all = families();
  const auto it = std::find_if(all.begin(), all.end(), [&](const Family& f) { return f.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::vector<Family> trained_families() {
  std::vector<Family> list;
  for (const Family& f : families()) {
    if (f.read_recipe != nullptr) list.push_back(f);
  }
  return list;
}

std::unique_ptr<Model> model_from_tensors(const TensorFile& file) {
  const bool says = !family_of(file).empty();
  if (says ? family_of(file) == kTorchvision : is_torchvision(file)) return torchvision_model(file);
  const std::string name = !says ? "hourglass" : family_of(file);
  const Family* family = find_family(name);
  if (family) return family->read_file(file);
  std::vector<std::string> names;
  for (const Family& f : families()) names.push_back(f.name);
  names.emplace_back(kTorchvision);
  throw Error("use", file.name,
              fmt::format("its family is {}; there are {}", in_quotes(name), join(names, ", ")));
}

std::unique_ptr<Model> read_model(const std::filesystem::path& path) {
  const std::string ending = lower(path.extension().string());
  for (const Family& f : families()) {
    if (std::find(f.endings.begin(), f.endings.end(), ending) != f.endings.end()) return f.read_own(path);
  }
  const std::filesystem::path file = model_path(path);
  if (is_pytorch(file)) return torchvision_model(read_pth(file));
  return model_from_tensors(read_safetensors(file));
}

void write_model(const std::filesystem::path& path, const Model& model) {
  write_safetensors(path, model.tensors());
}

}  // namespace reverie
