#include "play/offspring.h"

#include <fmt/format.h>

#include "core/random.h"
#include "core/text.h"
#include "discover/children.h"
#include "discover/likes.h"
#include "media/picture.h"

namespace reverie {
namespace {

constexpr size_t kMostNames = 6;

}  // namespace

Offspring::Offspring(Desk& desk, bool alone)
    : desk_(desk),
      breeder_({[](const std::filesystem::path& file) { return read_picture(file); }, nullptr},
               {.kernel = "cpu"}, alone) {}

Offspring::View Offspring::look() {
  View view;
  const uint64_t version = desk_.version();
  const Chain chain = desk_.chain();
  view.why_none = why_no_children(chain);
  if (!view.why_none.empty()) {
    parent_.reset();
    return view;
  }
  const Preset& plays = chain.parts.front().preset;
  if (!parent_) {
    again();
  } else if (version != version_) {
    version_ = version;
    changed_ = format_preset(plays) != format_preset(*parent_);
    const bool another = plays.name != parent_->name || plays.path != parent_->path;
    if (another && changed_) again();
    if (another) parent_ = plays;  // saved under another name, perhaps
  }
  view.children = breeder_.look();
  view.changed = changed_;
  return view;
}

void Offspring::again() {
  version_ = desk_.version();
  const Chain chain = desk_.chain();
  if (!why_no_children(chain).empty()) return;
  const Part& part = chain.parts.front();
  std::set<std::string> kept;
  for (const Parameter& p : part.preset.values.table().all()) {
    if (desk_.locked(part.name + "." + p.name)) kept.insert(p.name);
  }
  parent_ = part.preset;
  changed_ = false;
  breeder_.breed(*parent_, Random(desk_.seed()).split(++generation_).bits(), kept);
}

void Offspring::choose(int place) {
  const std::optional<Breeder::Child> child = breeder_.child(place);
  if (!child) return;
  desk_.change(
      "", [&](Preset& preset) { preset = child->preset; }, desk_.fade());
  again();
  remember(*child, true);
}

void Offspring::refuse(int place) {
  const std::optional<Breeder::Child> child = breeder_.child(place);
  if (!child) return;
  breeder_.replace(place);
  remember(*child, false);
}

void Offspring::remember(const Breeder::Child& child, bool liked) {
  add_likes(likes_file(), {verdict_on(child.life, "a child of " + child.preset.name, liked)});
}

std::string Offspring::difference(int place) const {
  const std::optional<Breeder::Child> child = breeder_.child(place);
  if (!child || !parent_) return "";
  std::vector<std::string> names = differences(*parent_, child->preset);
  const size_t more = names.size() > kMostNames ? names.size() - kMostNames : 0;
  names.resize(names.size() - more);
  return join(names, ", ") + (more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace reverie
