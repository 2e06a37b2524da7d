#include "control/set_controls.h"

namespace reverie {

const ParameterTable& set_controls() {
  static const ParameterTable all(
      in_groups({{"mix",
                  {number("crossfader", 0, 0, 1, "",
                          "from the preset at one end to the one at the other: what is cued")}},
                 {"input",
                  {number("input_speed", 1, 0, kMostInputSpeed, "",
                          "of the video that comes in: its seconds in one of the set; 0: it stands"),
                   number("input_position", 0, 0, 1, "",
                          "where the video that comes in goes to, as a share of its length"),
                   number("input_fade", 0, 0, 1, "", "from input A to input B"),
                   number("input_b_speed", 1, 0, kMostInputSpeed, "", "as input_speed, of input B"),
                   number("input_b_position", 0, 0, 1, "", "as input_position, of input B")}}}));
  return all;
}

std::string set_control_of(std::string_view address) {
  if (!address.starts_with(kSetPart) || address.size() <= kSetPart.size() || address[kSetPart.size()] != '.')
    return "";
  return std::string(address.substr(kSetPart.size() + 1));
}

std::string input_speed_control(InputSide side) {
  return side == InputSide::kA ? "input_speed" : "input_b_speed";
}

std::string input_position_control(InputSide side) {
  return side == InputSide::kA ? "input_position" : "input_b_position";
}

const Parameter& parameter_at(const Chain& chain, const std::string& address) {
  const std::string own = set_control_of(address);
  if (!own.empty()) return set_controls()[set_controls().index(own)];
  const Address a = find_address(chain, address);
  const ParameterTable& table = chain.part(a.part).preset.values.table();
  return table[table.index(a.parameter)];
}

}  // namespace reverie
