// The panels: every parameter, the presets, modulations, input, recording, the state of the set.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "media/devices.h"
#include "pipeline/thumbnails.h"
#include "pipeline/tour.h"
#include "play/file_list.h"
#include "play/keys.h"
#include "play/offspring.h"
#include "play/picture_texture.h"
#include "play/show.h"
#include "play/value_slider.h"

namespace reverie {

class Panels {
 public:
  explicit Panels(Show& show) : show_(show), offspring_(show.desk()) {}

  // Draws everything into the current frame of Dear ImGui. whole: the panels have their own window.
  void draw(WindowWishes& wishes, bool whole);

  // What is written over the picture, light 0..1; until it is told otherwise.
  void write_over(const Caption& caption, double light) { caption_ = caption, caption_light_ = light; }

  // In units of the window: how much of it they take at its left.
  float width() const { return width_; }

 private:
  // panels.cc: their place, what is always seen
  void place(const WindowWishes& wishes, bool whole);
  void draw_caption();
  void draw_status();
  void draw_input_state();
  static void draw_state_of(const LiveInput::State& in);
  void draw_left_unsaved();
  void draw_tabs(WindowWishes& wishes);
  void open_breeding(WindowWishes& wishes);
  void draw_found();
  void draw_help(WindowWishes& wishes);
  void ask_for_weights(WindowWishes& wishes);
  void begin_rows() const;
  // panels_presets.cc
  void draw_presets();
  void draw_save();
  void draw_hands();
  // panels_bank.cc
  void draw_preset_list();
  static constexpr int kColumns = 3;  // of small pictures
  static bool draw_cell(const Thumbnails& from, const std::filesystem::path& path,
                        const std::function<const PictureTexture*()>& picture, const std::string& words,
                        bool plays, const std::function<void()>& menu);
  static float cells_width(int columns);
  void draw_preset_cell(const PresetEntry& preset, size_t place, bool marked);
  void draw_preset_menu(const PresetEntry& preset, bool marked);
  using Textures =
      std::map<std::string, std::pair<std::shared_ptr<const Planes>, PictureTexture>>;  // by path
  static const PictureTexture* texture_of(Textures& all, const std::string& path,
                                          const std::shared_ptr<const Planes>& planes);
  const PictureTexture* picture_of(const PresetEntry& preset);
  void add_to_setlist(const std::string& name);
  void draw_setlist();
  // panels_mix.cc
  void draw_crossfader();
  void draw_crossfader_end(bool plays);
  void draw_set_menu(const Parameter& p);
  static std::string set_address(const Parameter& p);
  // panels_breed.cc
  void draw_breeding();
  void draw_child(int place, const Breeder::Shown& shown, float side);
  // panels_parts.cc
  void draw_parts();
  void draw_part_menu(const Part& part, size_t place);
  void draw_add();
  // panels_values.cc
  void look_at(const std::string& part);
  std::string address(const Parameter& p) const;
  void draw_parameters(const std::function<bool(const Parameter&)>& wanted);
  void draw_parameter(const Parameter& p);
  void draw_levels(const Parameter& p);
  void draw_number(const Parameter& p, int level, float width);
  void draw_word(const Parameter& p);
  void draw_menu(const Parameter& p);
  void draw_modulation(const Parameter& p);  // panels_modulation.cc
  void set(const std::string& name, const std::string& value);
  // panels_input.cc
  void draw_input();
  void draw_input_fader();
  const LiveInput::State& input_state() const {
    return side_ == InputSide::kA ? status_.input : status_.input_b;
  }
  void draw_input_play();
  void draw_files();  // panels_files.cc
  std::optional<std::string> draw_file_entries();
  bool draw_file_cell(const FileList::Entry& file);
  void forget_files();
  void draw_timeline();
  // panels_devices.cc
  void draw_recording();
  void draw_output(WindowWishes& wishes);
  void draw_corners(WindowWishes& wishes);
  void draw_tempo();
  void draw_sound();
  void draw_midi();
  void draw_control(const MidiBinding& b);
  void draw_osc();
  void draw_messages();

  Show& show_;
  Caption caption_;
  double caption_light_ = 0;
  Chain chain_ = Preset();                   // the desk's, of this frame
  std::string part_;                         // whose parameters are drawn
  std::string open_part_;                    // whose tab is open
  std::string open_tab_;                     // empty: the first
  std::string before_breeding_;              // the tab that was open
  Preset preset_;                            // of part_
  const ParameterValues* played_ = nullptr;  // of part_, as it was last played; null: not yet
  std::shared_ptr<const LiveSet::Shown> shown_;
  LiveStatus status_;
  std::set<std::string> split_, joined_;  // lists shown value by value, or as one
  std::array<char, 64> filter_{}, name_{};
  std::array<char, 512> text_{}, input_{}, weights_{};
  std::string editing_;                  // the text parameter in text_
  std::vector<std::string> favourites_;  // as the list of presets found them
  bool only_favourites_ = false;
  Textures pictures_, file_pictures_, child_pictures_;
  std::string confirming_;    // what is asked once more before it is done
  std::string save_trouble_;  // why it could not be, in the popup of saving
  bool save_again_ = false;   // the field gets the keys back, for another name
  std::vector<CameraInfo> cameras_;
  double cameras_seen_ = 0;         // seconds, on the window's clock
  InputSide side_ = InputSide::kA;  // of the input that is chosen and played
  std::optional<FileList> files_;   // while it is open
  std::optional<double> sought_;    // the place, as a share, while the timeline is dragged
  float stray_ = 0.05F;
  float width_ = 0, scale_ = 0;
  bool corner_held_ = false;
  std::pair<float, float> size_;  // of the window, when the panels were placed
  ValueSlider sliders_;
  Thumbnails thumbnails_, file_thumbnails_;
  Offspring offspring_;
};

}  // namespace reverie
