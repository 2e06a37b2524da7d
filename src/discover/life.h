// How a process lives: played in small, looked at on the way, and given up as soon as it is dead.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/preset.h"
#include "core/planes.h"
#include "core/random.h"

namespace reverie {

// What a network has learned to say of a picture: so many shares, 0..1.
using Describe = std::function<std::vector<double>(const Planes& picture)>;

// Picture files; injected, because a search knows nothing of codecs, nor of networks.
struct PictureFiles {
  std::function<Planes(const std::filesystem::path&)> read;  // [3, H, W]
  std::function<std::vector<uint8_t>(const Planes&)> jpeg;   // the bytes of a JPEG file
  Describe describe = nullptr;                               // or none
};

class ChainPlayer;

struct LifeOptions {
  int size = 96;      // pixels a side
  int frames = 3000;  // that it must live
  uint64_t seed = 1;  // of the set
  std::string kernel = "auto";
};

inline constexpr const char* kSurpassed = "surpassed";  // a death: a better one is in its cell

// What was seen.  Means over eight moments of its life, unless said otherwise.
struct Life {
  std::string death;                      // why it was given up; empty: it lived
  double quality = 0;                     // 0..1
  double change_early = 0;                // mean change from one frame to the next in the tenth second, 0..1
  double change = 0;                      // ... in the last second
  double flicker = 0;                     // second difference over the first; noise has 1.7
  double slope = 0, grid = 0, grain = 0;  // of the spectrum (spectrum.h)
  double contrast = 0;                    // standard deviation of the brightness, 0..1
  double colour = 0;                      // colourfulness (Hasler and Suesstrunk 2003), 0..1
  double brightness = 0;                  // mean, 0..1
  double novelty = 0;                     // how far each moment is from all before, RMS of pictures of 12x12
  std::vector<double> codes;              // what PictureFiles::describe says
  std::vector<Planes> strip;              // what it looks like at the end, moving: kStripFrames pictures
};

inline constexpr int kFirstLook = 60;   // frames, after which what is dead is given up
inline constexpr int kLeastLife = 120;  // frames
inline constexpr int kStripFrames = 16;
inline constexpr int kStripStep = 4;  // frames

// Something to sort lives by: an axis of the map.
struct Axis {
  std::string name, help;
  double low = 0, high = 1;
  std::function<double(const Life& life)> value;
  int cell(const Life& life,
           int cells) const;  // 0..cells - 1; what is outside belongs to the cell at the end
};
const std::vector<Axis>& axes();  // those that need no network
inline constexpr int kMostCodes = 16;
// Those, and code-1, code-2 ... code-16, what PictureFiles::describe says.  Error with the nearest.
const Axis& find_axis(const std::string& name);
int code_of(const Axis& axis);  // 1 for code-1; 0 for an axis that needs no network

// A process that needs no input, played in small, frame by frame.  Error where it cannot be made.
class SmallPlay {
 public:
  SmallPlay(const Preset& preset, const LifeOptions& options, const PictureFiles& files);
  ~SmallPlay();
  SmallPlay(const SmallPlay&) = delete;
  SmallPlay& operator=(const SmallPlay&) = delete;

  const Planes& next();   // Stopped after Ctrl-C
  double change() const;  // of the last frame from the one before; infinite where it is not finite
  const Planes& picture() const { return picture_; }
  int frame() const { return frame_; }  // so many were played

 private:
  std::unique_ptr<ChainPlayer> player_;
  Planes picture_, last_;
  int frame_ = 0;
};

// "wild", "flat", "still", by the mean change from frame to frame; empty: it lives.
std::string death_of(const SmallPlay& playing, double change);

// Plays two frames more, and adds what is seen of their flicker, spectrum and colours as such a share of the
// means.
void look_at(SmallPlay& playing, double share, Life& life);

// Plays a preset that needs no input.  hopeless: asked once after ten seconds, with what is known by then and
// the best quality that may come of it; true ends it there ("surpassed").  Error where it cannot be made;
// Stopped after Ctrl-C.
Life live(const Preset& preset, const LifeOptions& options, const PictureFiles& files,
          const std::function<bool(const Life& so_far)>& hopeless = nullptr);

}  // namespace reverie
