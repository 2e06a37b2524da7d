#include <string_view>

#include "core/error.h"
#include "core/toml_tree.h"
#include "require.h"
#include "weights/caffe_chain.h"
#include "weights/caffe_recipe.h"

namespace reverie {
namespace {

// A text is either rejected with an Error, or describes a net whose chain is an hourglass; net and solver
// share one text, because each ignores the other's fields.
void check(std::string_view text) {
  CaffeNet net;
  CaffeSolver solver;
  try {
    net = parse_caffe_net(text, "fuzz.prototxt");
    solver = parse_caffe_solver(text, "fuzz.prototxt");
  } catch (const Error&) {
    return;
  }
  try {
    const CaffeChain chain = find_caffe_chain(net);
    require(!chain.levels.empty());
    for (const CaffeLevel& level : chain.levels) require(level.encode != nullptr && level.decode != nullptr);
  } catch (const Error&) {
    return;
  }
  CaffeRecipe recipe;
  try {
    recipe = recipe_from_caffe(net, solver);
  } catch (const Error&) {
    return;
  }
  parse_toml(recipe.text, "fuzz.toml");  // an Error here is a finding
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
