#include "weights/published_networks.h"

namespace reverie {
namespace {

constexpr const char* kPyTorch = "https://download.pytorch.org/models/";
constexpr const char* kImageNet =
    "BSD 3-Clause (torchvision); trained on ImageNet, whose pictures are for research";

// Torchvision's names of files end with the first digits of their SHA-256.
PublishedNetwork torchvision(const std::string& name, const std::string& stem, const std::string& digits,
                             double megabytes, const std::string& help) {
  return {name,
          help,
          kImageNet,
          megabytes,
          {{kPyTorch + stem + "-" + digits + ".pth", name + ".pth", "sha256", digits}}};
}

// Of Caffe's own repository, whose readme files have the SHA-1 of the weights.
PublishedNetwork caffe(const std::string& name, const std::string& digits, double megabytes,
                       const std::string& help) {
  return {
      name,
      help,
      "unrestricted (BVLC)",
      megabytes,
      {{"http://dl.caffe.berkeleyvision.org/" + name + ".caffemodel", name + ".caffemodel", "sha1", digits},
       {"https://raw.githubusercontent.com/BVLC/caffe/master/models/" + name + "/deploy.prototxt",
        name + ".prototxt", "", ""}}};
}

}  // namespace

const std::vector<PublishedNetwork>& published_networks() {
  static const std::vector<PublishedNetwork> all = {
      caffe("bvlc_googlenet", "405fc5acd08a3bb12de8ee5e23a96bec22f08204", 54,
            "the network of 2015's dreams: eyes, dogs, towers"),
      torchvision("squeezenet1_1", "squeezenet1_1", "b8a52dc0", 5, "small and quick, rich for its size"),
      torchvision("squeezenet1_0", "squeezenet1_0", "b66bff10", 5, "the same, a little larger"),
      torchvision("googlenet", "googlenet", "1378be20", 52,
                  "GoogLeNet trained again, with batch normalisation"),
      torchvision("inception_v3", "inception_v3_google", "0cc3c7bd", 109, "TensorFlow's dreams"),
      torchvision("vgg16", "vgg16", "397923af", 553, "painterly; the usual one for styles"),
      torchvision("vgg19", "vgg19", "dcbb9e9d", 575, "the same, deeper"),
      torchvision("vgg16_bn", "vgg16_bn", "6c64b313", 554, "VGG-16 with batch normalisation"),
      torchvision("vgg19_bn", "vgg19_bn", "c79401a0", 575, "VGG-19 with batch normalisation"),
      torchvision("resnet18", "resnet18", "f37072fd", 47, "a small residual network"),
      torchvision("resnet50", "resnet50", "0676ba61", 102, "a large one"),
      torchvision("alexnet", "alexnet-owt", "7be5be79", 244, "the first of them, 2012"),
  };
  return all;
}

}  // namespace reverie
