# The kernel for graphics cards: needs glslc and Vulkan's headers to build, and a driver to run.  Without them it is left out, and
# `reverie doctor` says so.
option(REVERIE_VULKAN "Build the kernel for graphics cards (needs glslc and Vulkan's headers)" ON)
find_program(GLSLC glslc)
find_path(VULKAN_HEADERS vulkan/vulkan.h)
set(vulkan_folder ${CMAKE_CURRENT_SOURCE_DIR}/kernels/vulkan)
if(REVERIE_VULKAN AND GLSLC AND VULKAN_HEADERS)
  set(vulkan_sources api.cc availability.cc card.cc commands.cc flow.cc network.cc parameters.cc program.cc vulkan_kernel.cc)
  set(vulkan_shaders ${CMAKE_CURRENT_BINARY_DIR}/shaders)
  file(MAKE_DIRECTORY ${vulkan_shaders})
  foreach(shader encode decode move mix sums home show flow)
    set(code ${vulkan_shaders}/${shader}.inc)
    add_custom_command(OUTPUT ${code}
      COMMAND ${GLSLC} -O --target-env=vulkan1.1 -mfmt=num ${vulkan_folder}/shaders/${shader}.comp -o ${code}
      DEPENDS ${vulkan_folder}/shaders/${shader}.comp ${vulkan_folder}/shaders/common.glsl
        ${vulkan_folder}/shaders/fields.glsl)
    list(APPEND vulkan_codes ${code})
  endforeach()
  set(REVERIE_WITH_VULKAN ON CACHE INTERNAL "the kernel for graphics cards is built")
else()
  set(REVERIE_WITH_VULKAN OFF CACHE INTERNAL "the kernel for graphics cards is built")
  message(STATUS "Without the kernel for graphics cards: REVERIE_VULKAN=${REVERIE_VULKAN}, glslc: ${GLSLC}, Vulkan's headers: ${VULKAN_HEADERS}")
  set(vulkan_sources absent.cc)
endif()
list(TRANSFORM vulkan_sources PREPEND kernels/vulkan/)

# The tests again, watched by the Khronos validation layer where it is installed.
function(reverie_vulkan_validation)
  find_file(VULKAN_VALIDATION VkLayer_khronos_validation.json PATHS /usr/share/vulkan/explicit_layer.d)
  if(NOT REVERIE_TESTS OR NOT REVERIE_WITH_VULKAN OR NOT VULKAN_VALIDATION)
    return()
  endif()
  add_test(NAME VulkanKernel.GivesTheValidationLayerNothingToSay
    COMMAND feedback_test --gtest_filter=VulkanKernel.*:-*Random*:*Spread* WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(VulkanKernel.GivesTheValidationLayerNothingToSay PROPERTIES TIMEOUT 240
    ENVIRONMENT "VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation" FAIL_REGULAR_EXPRESSION "VUID-;Validation (Error|Warning)")
endfunction()
