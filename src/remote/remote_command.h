// What the page's hands ask for: one JSON object a message.
//
//   {"pair": "271828"}                        the code; first of all, where there is one
//   {"set": "feedback.zoom", "share": 0.5}    a knob, 0..1 of its way
//   {"set": "feedback.show", "word": "encoding"}   a word or flag of a parameter, not a text
//   {"reset": "feedback.zoom"}                back to the preset's value
//   {"load": "ukiyo"}                         a preset of the list, by its name
//   {"step": 1}                               to the next one, or -1
//   {"black": true}, {"freeze": true}
//   {"undo": true}, {"noise": true}, {"tap": true}, {"panic": true}
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "control/desk.h"
#include "devices/device_actions.h"

namespace reverie {

inline constexpr size_t kLongestRemoteMessage = 1024;  // bytes

struct RemoteCommand {
  enum class Kind {
    kPair,
    kShare,
    kWord,
    kReset,
    kLoad,
    kStep,
    kBlack,
    kFreeze,
    kUndo,
    kNoise,
    kTap,
    kPanic
  };
  Kind kind = Kind::kTap;
  std::string what;   // the address, the preset, the code
  std::string word;   // of kWord
  double number = 0;  // the share, the step; 1 for true
};

// Error for anything else; any bytes are safe.
RemoteCommand parse_remote_command(std::string_view text);

// Error where the desk refuses, where a preset is not on its list, and for texts, which may name files.
void obey(const RemoteCommand& command, Desk& desk, const DeviceActions& actions);

// The page's view of the desk, as JSON: what there is to turn, and how it stands.
std::string remote_layout(const Desk& desk);
std::string remote_values(const Desk& desk);

}  // namespace reverie
