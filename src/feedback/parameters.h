// The parameters of the feedback effect, declared once.
#pragma once

#include "core/parameter.h"

namespace reverie {

// The defaults are the plain transition of 2015 on a random hierarchy.
const ParameterTable& feedback_parameters();

// Choices, in the order in which their words are declared.
enum class Pool { kMax, kMean, kStride, kMaxMagnitude };
enum class Activation { kTanh, kRelu };
enum class Border { kWrap, kClamp, kZero };
enum class Squash { kTanh, kSin, kWrap, kFold, kClip, kRational };
enum class Mirror { kNone, kHorizontal, kVertical, kBoth, kKaleidoscope };
enum class Sampling { kLinear, kCubic, kNearest };
enum class Trail { kState, kSelf };
enum class Filters { kRaw, kNormalised, kSmooth, kBoxed, kSpline };
enum class Schedule { kEvery, kEven };
enum class Precision { kFp32, kBf16 };
enum class InitialState { kNoise, kBinary, kPicture, kBlack };
enum class View { kState, kEncoding, kDecoding };

}  // namespace reverie
