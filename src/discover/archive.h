// What a search keeps: the best process of each cell of a map of two axes, as presets in a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discover/life.h"
#include "discover/likes.h"

namespace reverie {

class TomlReader;

struct MapCell {
  int column = 0, row = 0;  // cells along the first and the second axis
  bool operator==(const MapCell&) const = default;
};

struct Find {
  int64_t number = 0;  // of the try that found it
  MapCell place;
  Life life;  // without its strip once that is written
  Preset preset;
  std::string name() const;  // "found-412": of its preset
};

// What a search is: with the same settings, one worker and as many tries it finds the same.
struct SearchSettings {
  std::vector<std::string> from;  // presets, by name or path
  std::string x = "grain", y = "motion";
  int cells = 10;  // along each axis
  LifeOptions life;
  uint64_t seed = 1;
  int codes = 0;               // that a network says of every picture
  std::vector<Verdict> likes;  // that lead it
};

// DIR/search.toml (settings, tries, what is in which cell), DIR/found-N.toml (a preset to play),
// DIR/found-N.jpg (kStripFrames pictures side by side) and, where there were any, DIR/likes.toml.
class Archive {
 public:
  explicit Archive(SearchSettings settings);  // Error for an axis that is not there

  const SearchSettings& settings() const { return settings_; }
  const Axis& x() const { return *x_; }
  const Axis& y() const { return *y_; }
  MapCell place_of(const Life& life) const;
  const Find* at(const MapCell& place) const;  // null: nobody has been there
  std::vector<const Find*> finds() const;      // by rows
  int count() const;
  // Of the next try: no find has it or a higher one, not even where several tries ran at a time when it
  // stopped.
  int64_t next_number() const;

  const Taste& taste() const { return taste_; }
  // What counts in a cell: quality by taste.
  double worth(const Life& life) const { return life.quality * taste_.factor(life); }
  // Whether something that lives like this would stay.
  bool takes(const MapCell& place, const Life& life) const { return clears(life, bar(place)); }
  // What a life must be worth more than, to stay: in each cell, by rows.
  std::vector<double> bars() const;
  // takes(), by such bars, which may be those of another archive with the same settings.
  bool clears(const Life& life, const std::vector<double>& bars) const {
    return clears(life, bars[index(place_of(life))]);
  }
  // Takes its place if it is better than what is there, and returns whether it did.
  bool add(Find find);

  void forget_strips();  // they are written

  int64_t tries = 0;  // that have ended

 private:
  size_t index(const MapCell& place) const;
  double bar(const MapCell& place) const;
  bool clears(const Life& life, double bar) const;
  SearchSettings settings_;
  const Axis* x_;
  const Axis* y_;
  Taste taste_;
  std::vector<std::unique_ptr<Find>> cells_;
};

// Settings as their lines in search.toml, without the likes.
std::string format_settings(const SearchSettings& settings);
const std::vector<std::string>& settings_keys();
SearchSettings read_settings(const TomlReader& reader);

// Likewise what is kept of a life.
std::string format_figures(const Life& life);
std::vector<std::string> figure_keys();
void read_figures(const TomlReader& reader, Life& life);

// Writes what is not written yet, and removes what is no longer kept.  An archive on disk is whole at any
// time.
void write_archive(const std::filesystem::path& folder, Archive& archive, const PictureFiles& files);
// Error if there is none, or it is damaged.
Archive read_archive(const std::filesystem::path& folder);
bool has_archive(const std::filesystem::path& folder);

std::filesystem::path strip_file(const std::filesystem::path& folder, const Find& find);

}  // namespace reverie
