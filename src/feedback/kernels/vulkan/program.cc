// Shaders as programs of a card, compiled from GLSL when Reverie was built.
#include "feedback/kernels/vulkan/card.h"

namespace reverie::vulkan {
namespace {

constexpr uint32_t kEncodeCode[] = {
#include "encode.inc"
};
constexpr uint32_t kDecodeCode[] = {
#include "decode.inc"
};
constexpr uint32_t kMoveCode[] = {
#include "move.inc"
};
constexpr uint32_t kMixCode[] = {
#include "mix.inc"
};
constexpr uint32_t kSumsCode[] = {
#include "sums.inc"
};
constexpr uint32_t kHomeCode[] = {
#include "home.inc"
};
constexpr uint32_t kShowCode[] = {
#include "show.inc"
};

constexpr uint32_t kFlowCode[] = {
#include "flow.inc"
};

template <size_t N>
VkShaderModuleCreateInfo module_of(const uint32_t (&code)[N]) {
  VkShaderModuleCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  info.codeSize = sizeof(code);
  info.pCode = code;
  return info;
}

VkShaderModuleCreateInfo code_of(Shader shader) {
  switch (shader) {
    case Shader::kEncode:
      return module_of(kEncodeCode);
    case Shader::kDecode:
      return module_of(kDecodeCode);
    case Shader::kMove:
      return module_of(kMoveCode);
    case Shader::kMix:
      return module_of(kMixCode);
    case Shader::kSums:
      return module_of(kSumsCode);
    case Shader::kHome:
      return module_of(kHomeCode);
    case Shader::kShow:
      return module_of(kShowCode);
    case Shader::kFlow:
      break;
  }
  return module_of(kFlowCode);
}

}  // namespace

Program::Program(Card& card, Shader shader, const std::vector<int32_t>& constants) : card_(card) {
  const DeviceApi& api = card_.api();
  const VkShaderModuleCreateInfo code = code_of(shader);
  VkShaderModule module = nullptr;
  card_.check(api.CreateShaderModule(card_.device(), &code, nullptr, &module), "take a program");
  std::vector<VkSpecializationMapEntry> entries;
  for (uint32_t i = 0; i < constants.size(); ++i)
    entries.push_back({i, static_cast<uint32_t>(i * sizeof(int32_t)), sizeof(int32_t)});
  const VkSpecializationInfo special{static_cast<uint32_t>(entries.size()), entries.data(),
                                     constants.size() * sizeof(int32_t), constants.data()};
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module;
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &special;
  info.layout = card_.layout();
  const VkResult result =
      api.CreateComputePipelines(card_.device(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline_);
  api.DestroyShaderModule(card_.device(), module, nullptr);
  card_.check(result, "compile a program");
}

Program::~Program() {
  card_.api().DestroyPipeline(card_.device(), pipeline_, nullptr);
}

}  // namespace reverie::vulkan
