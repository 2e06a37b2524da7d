// Optical flow: where everything in one picture is in another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/parallel.h"
#include "core/planes.h"

namespace reverie {

// [2, H, W]: dx and dy in pixels.  What is at p in the first picture is at p + flow(p) in the second.
using Flow = Planes;

enum class FlowMethod {
  // Dense inverse search (Kroeger et al. 2016): for live sets, the third for renders; the last is at every
  // pixel.
  kDisUltrafast,
  kDisFast,
  kDisMedium,
  kDisFine,
  kFarneback,  // expansion into polynomials (Farneback 2003): smooth, and loses small things
  // Variational, from coarse to fine in small steps, as OpenCV's DeepFlow (Weinzaepfel et al. 2013, without
  // its matching): exact, and slow.
  kDeepFlow,
  kLdof,  // the same with descriptor matches, for small things that move far (motion/ldof.h)
};

inline constexpr FlowMethod kLiveFlow = FlowMethod::kDisFast;
inline constexpr FlowMethod kOfflineFlow = FlowMethod::kDisMedium;

// Their names, in this order: dis-ultrafast, dis-fast, dis, dis-fine, farneback, deepflow, ldof.
const std::vector<std::string>& flow_methods();
FlowMethod flow_method(std::string_view name);  // Error with the nearest

// The flow from one picture to another of its size; [3, H, W] or grey [1, H, W], 0..1.  It is computed on the
// caller's thread: the same bytes, however many threads there are.  Error for pictures of different sizes,
// and where OpenCV fails; Stopped where the slow methods are, after Ctrl-C.
Flow find_flow(const Planes& from, const Planes& to, FlowMethod method);

struct FlowPair {
  Flow forward, backward;
};

// The flow both ways, on two of the threads.
FlowPair find_flows(const Planes& from, const Planes& to, FlowMethod method, Threads& threads);

// The flow of pictures as that of the same pictures in another size.
Flow resize_flow(const Flow& flow, int height, int width);

// Mean distance in pixels between a flow and the true one, where that is known (motion/flo.h): the endpoint
// error.  Error for different sizes, and where nothing is known.
double end_point_error(const Flow& found, const Flow& truth);

}  // namespace reverie
