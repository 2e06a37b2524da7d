#include <fmt/format.h>
#include "core/text.h"

#include "control/modulators_toml.h"
#include "control/preset_read.h"

namespace reverie {

std::string format_preset(const Preset& preset) {
  std::string s;
  if (!preset.about.empty()) s += fmt::format("about = {}\n", quote_toml(preset.about));
  s += fmt::format("effect = \"{}\"\ninput = \"{}\"\n\n[parameters]\n", preset.effect,
                   input_need_words()[static_cast<size_t>(preset.input)]);
  const ParameterTable& table = preset.values.table();
  for (size_t i = 0; i < table.size(); ++i) {
    const bool said = table[i].from_weights && preset.values.is_given(table[i].name);
    if (said || !preset.values.is_initial(i))
      s += fmt::format("{} = {}\n", table[i].name, preset.values.format(i));
  }
  for (const Lfo& lfo : preset.lfos) s += format_toml(lfo);
  for (const Follower& follower : preset.followers) s += format_toml(follower);
  for (const Keyframes& keys : preset.keyframes) s += format_toml(keys, table);
  for (const MapSpec& map : preset.maps) s += format_toml(map);
  return s;
}

std::string folder_list(const Preset& preset) {
  std::vector<std::string> folders = {quote_toml(preset.folder.string())};
  for (const auto& folder : preset.parent_folders) folders.push_back(quote_toml(folder.string()));
  return join(folders, ", ");
}

}  // namespace reverie
