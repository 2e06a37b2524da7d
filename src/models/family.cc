#include "models/family.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/folders.h"
#include "core/text.h"
#include "models/caffe/family.h"
#include "models/classifier/classifier.h"
#include "models/discriminator/discriminator.h"
#include "models/hourglass/family.h"
#include "models/torchvision/torchvision.h"
#include "models/vae/vae.h"
#include "models/video/video.h"
#include "weights/hourglass_file.h"
#include "weights/safetensors.h"

namespace reverie {

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      hourglass_family(), classifier_family(),    vae_family(),   gan_family(),         lapgan_family(),
      video_family(),     discriminator_family(), caffe_family(), torchvision_family(),
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
  std::string name = family_of(file);
  if (name.empty()) name = is_torchvision(file) ? kTorchvision : "hourglass";
  const Family* family = find_family(name);
  if (family) return family->read_file(file);
  std::vector<std::string> names;
  for (const Family& f : families()) names.push_back(f.name);
  throw Error("use", file.name,
              fmt::format("its family is {}; there are {}", in_quotes(name), join(names, ", ")));
}

std::unique_ptr<Model> read_model(const std::filesystem::path& given) {
  std::error_code code;
  const std::filesystem::path fetched =
      std::filesystem::exists(given, code) ? std::filesystem::path() : find_fetched(given.string());
  const std::filesystem::path& path = fetched.empty() ? given : fetched;
  const std::string ending = lower(path.extension().string());
  for (const Family& f : families()) {
    if (std::find(f.endings.begin(), f.endings.end(), ending) != f.endings.end()) return f.read_own(path);
  }
  return model_from_tensors(read_safetensors(model_path(path)));
}

void write_model(const std::filesystem::path& path, const Model& model) {
  write_safetensors(path, model.tensors());
}

}  // namespace reverie
