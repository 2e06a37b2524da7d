# reverie_module(NAME SOURCES a.cc ... [LINKS core ...] [PRIVATE_LINKS PkgConfig::X ...] [TESTS a_test.cc ...]
#                [TEST_LINKS media ...] [TORCH] [TABLE a.cc ...])
#
# A folder of src/ as the static library reverie_NAME, with its unit tests as the program NAME_test.  Headers are
# included as "NAME/file.h" and are visible only to modules that link NAME: each module's include path holds one link,
# to its own folder, so that an include the LINKS line does not allow fails to build.  TORCH: its headers speak LibTorch,
# and it is left out where REVERIE_TORCH is off; TABLE: those of its sources that are built there too, as the library
# reverie_NAME_table: what must be known of an effect that needs LibTorch.
function(reverie_module name)
  cmake_parse_arguments(M "TORCH" "" "SOURCES;TABLE;LINKS;PRIVATE_LINKS;TESTS;TEST_LINKS" ${ARGN})
  set(view ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} COPY_ON_ERROR SYMBOLIC)

  if(M_TABLE)
    add_library(reverie_${name}_table STATIC ${M_TABLE})
    target_include_directories(reverie_${name}_table PUBLIC ${view})
    target_link_libraries(reverie_${name}_table PUBLIC reverie_core fmt::fmt Threads::Threads)
    reverie_precompile(reverie_${name}_table)
    list(APPEND M_LINKS ${name}_table)
  endif()
  if(M_TORCH AND NOT REVERIE_TORCH)
    return()
  endif()
  add_library(reverie_${name} STATIC ${M_SOURCES})
  target_include_directories(reverie_${name} PUBLIC ${view})
  list(TRANSFORM M_LINKS PREPEND reverie_)
  target_link_libraries(reverie_${name} PUBLIC ${M_LINKS} fmt::fmt Threads::Threads PRIVATE ${M_PRIVATE_LINKS})
  set(torch)
  if(M_TORCH)
    set(torch TORCH)
    target_link_libraries(reverie_${name} PUBLIC reverie_torch)
  endif()
  reverie_precompile(reverie_${name} ${torch})
  set_property(GLOBAL APPEND PROPERTY REVERIE_MODULES ${name})

  if(REVERIE_TESTS AND M_TESTS)
    list(TRANSFORM M_TEST_LINKS PREPEND reverie_)
    reverie_test(${name}_test SOURCES ${M_TESTS} LINKS reverie_${name} ${M_TEST_LINKS} ${M_PRIVATE_LINKS} ${torch})
  endif()
endfunction()

# reverie_test(NAME SOURCES ... LINKS ...): a GoogleTest program, each of its tests known to ctest by name.
# Tests run from the project's root with $REVERIE_ROOT naming it.
function(reverie_test name)
  cmake_parse_arguments(T "TORCH" "TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LINKS} GTest::gtest_main)
  reverie_optimise_lightly(${name})
  if(T_TORCH)
    reverie_precompile(${name} TORCH)
  else()
    reverie_precompile(${name})
  endif()
  gtest_discover_tests(${name}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${T_TIMEOUT} ENVIRONMENT "REVERIE_ROOT=${PROJECT_SOURCE_DIR}")
endfunction()

# Code without inner loops (tests, verbs) gains nothing by -O3 and compiles in half the time without.
# From GCC 13 on, x86 has options that -O3 implies and without which the shared precompiled headers are not taken.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-munroll-only-small-loops REVERIE_HAS_SMALL_UNROLLING)
function(reverie_optimise_lightly target)
  target_compile_options(${target} PRIVATE
    "$<$<CONFIG:Release>:-O1$<$<BOOL:${REVERIE_HAS_SMALL_UNROLLING}>:;-munroll-only-small-loops;-mvzeroupper>>")
endfunction()

# The headers that nearly every file reads, compiled once and shared; with TORCH another set that has LibTorch's too.
# What is shared without LibTorch can be part of a plug-in.
function(reverie_precompile target)
  set(pch reverie_pch)
  set(shared)
  if(frei0r AND NOT "TORCH" IN_LIST ARGN)
    # what a module calls of its own is still inlined
    set(shared -fPIC -fno-semantic-interposition)
  endif()
  target_compile_options(${target} PRIVATE ${shared})
  set(headers <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional> <string>
    <string_view> <vector> <fmt/core.h> <fmt/format.h>)
  if("TORCH" IN_LIST ARGN)
    set(pch reverie_torch_pch)
    list(APPEND headers <torch/csrc/autograd/autograd.h> <torch/types.h> <torch/utils.h>)
  endif()
  if(NOT TARGET ${pch})
    if(NOT EXISTS ${CMAKE_BINARY_DIR}/${pch}.cc)  # written again, it would be compiled again with all that uses it
      file(WRITE ${CMAKE_BINARY_DIR}/${pch}.cc "")
    endif()
    add_library(${pch} STATIC ${CMAKE_BINARY_DIR}/${pch}.cc)
    target_link_libraries(${pch} PUBLIC fmt::fmt Threads::Threads)
    if(pch STREQUAL "reverie_torch_pch")
      target_link_libraries(${pch} PUBLIC reverie_torch)
    endif()
    target_compile_options(${pch} PRIVATE ${shared})
    target_precompile_headers(${pch} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# reverie_protobuf(NAME reverie_a.proto ...): the classes of these files in the library reverie_NAME, seen by it and its tests
# alone.  Protobuf ends a program in which two libraries have files of one name, hence ours begin with reverie_.
function(reverie_protobuf name)
  find_package(Protobuf REQUIRED)
  protobuf_generate_cpp(sources headers ${ARGN})
  add_library(reverie_${name}_proto STATIC ${sources} ${headers})
  # generated: its warnings are nobody's to mend
  target_compile_options(reverie_${name}_proto PRIVATE -w $<$<BOOL:${frei0r}>:-fPIC>)
  target_include_directories(reverie_${name}_proto SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(reverie_${name}_proto PUBLIC protobuf::libprotobuf)
  target_link_libraries(reverie_${name} PRIVATE reverie_${name}_proto)
  if(TARGET ${name}_test)
    target_link_libraries(${name}_test PRIVATE reverie_${name}_proto)
  endif()
endfunction()
