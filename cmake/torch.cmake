# LibTorch as the target reverie_torch: Debian's 1.13 as well as upstream's 2.x.
if(NOT TARGET reverie_torch)
  find_package(Torch REQUIRED)
  add_library(reverie_torch INTERFACE)
  target_link_libraries(reverie_torch INTERFACE ${TORCH_LIBRARIES})
  target_include_directories(reverie_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
endif()
