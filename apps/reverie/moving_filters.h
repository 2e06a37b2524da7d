// Implements `reverie layers --filters`.
#pragma once

#include <string>

namespace reverie {

class Model;

// The kernels of the first layer of a network that watches videos, as a sheet whose pictures move: GIF, MP4
// or what else `render` writes, ten rounds at four frames a second.  Those of flow are pictured by direction,
// as `flow` pictures them.  Error for other networks, and kernels of a single frame.
void write_moving_filters(const Model& model, const std::string& output);

}  // namespace reverie
