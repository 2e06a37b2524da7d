// Replays the seeds of the fuzzers, and every input that once broke a reader, in the normal build.
#include <gtest/gtest.h>

#include <span>
#include <string>

#include "core/corpus_test_help.h"
#include "core/error.h"
#include "weights/caffe_chain.h"
#include "weights/caffe_model.h"
#include "weights/caffe_recipe.h"
#include "weights/npy.h"
#include "weights/pth.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

TEST(Corpus, Safetensors) {
  replay_corpus("safetensors", parse_safetensors);
}
TEST(Corpus, Npy) {
  replay_corpus("npy", parse_npy);
}
TEST(Corpus, Pth) {
  replay_corpus("pth", parse_pth);
}
TEST(Corpus, CaffeModel) {
  replay_corpus("caffemodel", parse_caffemodel);
}
TEST(Corpus, Prototxt) {
  replay_corpus("prototxt", [](const std::vector<uint8_t>& bytes, const std::string& file) {
    const std::string text(bytes.begin(), bytes.end());
    const CaffeNet net = parse_caffe_net(text, file);
    const CaffeSolver solver = parse_caffe_solver(text, file);
    if (has_decoder(net)) recipe_from_caffe(net, solver);
  });
}

}  // namespace
}  // namespace reverie
