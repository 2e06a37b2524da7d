// LibTorch's tensors, their operations and gradients.  <torch/torch.h> has layers, solvers and data loaders
// as well, and takes every file that reads it two to four times as long to compile: a file that needs those
// includes them itself.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
