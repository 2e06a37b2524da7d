#include "data/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/log.h"
#include "core/random.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/archive.h"
#include "data/bytes.h"
#include "data/cifar.h"
#include "data/idx.h"
#include "data/shuffle.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

bool has_ending(const std::string& name, std::span<const std::string_view> endings) {
  const std::string low = lower(name);
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return low.ends_with(e); });
}

bool is_video_name(const std::string& name) {
  constexpr std::array<std::string_view, 15> kEndings = {".mp4", ".m4v", ".mov", ".mkv",  ".webm",
                                                         ".avi", ".gif", ".mpg", ".mpeg", ".ogv",
                                                         ".wmv", ".flv", ".y4m", ".ts",   ".3gp"};
  return has_ending(name, kEndings);
}

bool is_archive_name(const std::string& name) {
  constexpr std::array<std::string_view, 10> kEndings = {
      ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".tzst", ".zip"};
  return has_ending(name, kEndings);
}

// The name of a folder, however it is given: "faces/", ".".
fs::path own_name(const fs::path& path) {
  std::error_code code;
  const fs::path whole = fs::weakly_canonical(path, code);
  return code || whole.filename().empty() ? path.filename() : whole.filename();
}

int label_id(const Place& place, PictureIntake& intake) {
  const std::string& wished = intake.options().label;
  return intake.set().label(wished.empty() ? printable(place.label) : wished);
}

// The clip's frames, as those of the one beside it; shuffled: each time otherwise, never as they were.
std::vector<Planes> paired(const std::vector<Planes>& frames, const Clips& clips, Random random) {
  if (clips.pair == ClipPair::kBackward) return {frames.rbegin(), frames.rend()};
  std::vector<uint32_t> order;
  do {
    order = shuffled(frames.size(), random);
    random = random.split(0);
  } while (std::is_sorted(order.begin(), order.end()));
  std::vector<Planes> out;
  for (const uint32_t i : order) out.push_back(frames[i]);
  return out;
}

// Clips of a video, and the same backwards or shuffled where that is asked for.
void import_clips(const std::string& path, const std::string& file, const Place& place,
                  const Decoders& decoders, PictureIntake& intake) {
  const Clips& clips = intake.options().clips;
  const auto length = static_cast<size_t>(clips.frames);
  const bool alone = clips.pair == ClipPair::kNone;
  const bool backward = clips.pair == ClipPair::kBackward;
  const int own = alone ? label_id(place, intake) : intake.set().label(backward ? "forward" : "ordered");
  const int other = alone ? -1 : intake.set().label(backward ? "backward" : "shuffled");
  const std::string group = file.substr(0, std::min(file.find('_'), file.find('.')));
  const int64_t video = intake.next_video();
  std::vector<Planes> frames;
  size_t seen = 0;
  int64_t skipped = 0;
  bool decoding = true;  // otherwise an error is not the video's fault
  try {
    decoders.video(path, intake.options().step, [&](const Planes& picture) {
      if (skipped > 0) return --skipped, !stop_requested();
      frames.push_back(picture);
      if (frames.size() < length) return !stop_requested();
      decoding = false;
      ++seen;
      intake.add_clip(frames, {own, place.split}, video, group, path);
      if (!alone) {
        const Random random = Random(clips.seed).split(static_cast<uint64_t>(video)).split(seen);
        intake.add_clip(paired(frames, clips, random), {other, place.split}, video, group, path);
      }
      decoding = true;
      frames.erase(frames.begin(), frames.begin() + std::min<ptrdiff_t>(clips.every, clips.frames));
      skipped = std::max<int64_t>(0, clips.every - clips.frames);
      return !stop_requested();
    });
  } catch (const Error& e) {
    if (!decoding) throw;
    intake.leave_out(e.what());
    return;
  }
  if (seen == 0 && !stop_requested())
    intake.leave_out(
        fmt::format("{}: it has {} frames, a clip has {}", printable(path), frames.size(), length));
}

// file: its own name, which begins with that of its group.
void import_video(const std::string& path, const std::string& file, const Place& place,
                  const Decoders& decoders, PictureIntake& intake) {
  if (intake.options().clips.frames > 0) return import_clips(path, file, place, decoders, intake);
  const Belonging to = {label_id(place, intake), place.split};
  int64_t frame = 0;
  bool decoding = true;  // otherwise an error is not the video's fault
  try {
    decoders.video(path, intake.options().step, [&](const Planes& picture) {
      decoding = false;
      intake.add(picture, to, fmt::format("{}, frame {}", path, frame));
      decoding = true;
      frame += intake.options().step;
      return !stop_requested();
    });
  } catch (const Error& e) {
    if (!decoding) throw;
    intake.leave_out(e.what());
  }
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator at(folder, code); !code && at != fs::directory_iterator(); at.increment(code))
    names.push_back(at->path().filename().string());
  if (code) throw Error("read", folder.string(), code.message());
  return names;
}

// A file of a folder: under the name it has there, and where it is.
struct Found {
  fs::path shown;  // relative to the folder
  fs::path real;
};

// Where a link leads that git wrote as a small file of text without a newline, as it does where it cannot
// make links.  Nothing if this is no such file.
std::optional<fs::path> text_link(const fs::path& file) {
  constexpr uintmax_t kLongest = 1024;
  std::error_code code;
  if (!fs::is_regular_file(file, code) || fs::file_size(file, code) - 1 >= kLongest) return {};
  std::string text;
  try {
    text = read_text_file(file, kLongest);
  } catch (const Error&) {
    return {};
  }
  const fs::path target = file.parent_path() / text;
  if (printable(text) != text || fs::path(text).is_absolute()) return {};
  return fs::exists(target, code) || text.starts_with("../") ? std::optional(target) : std::nullopt;
}

// Finds the pictures and videos below a folder.
class FolderWalk {
 public:
  FolderWalk(fs::path folder, const Decoders& decoders) : folder_(std::move(folder)), decoders_(decoders) {}

  // In natural order.
  std::vector<Found> find() {
    walk(folder_, {}, 0);
    std::sort(files_.begin(), files_.end(), [](const Found& a, const Found& b) {
      return natural_less(a.shown.string(), b.shown.string());
    });
    return std::move(files_);
  }

  const std::vector<std::string>& dangling() const { return dangling_; }

 private:
  static constexpr int kMostLinks = 3;  // in one path: what links to all its neighbours has very many paths

  void walk(const fs::path& folder, const fs::path& shown, int links) {
    std::error_code code;
    const fs::path own = fs::canonical(folder, code);
    if (code || stop_requested() || std::find(above_.begin(), above_.end(), own) != above_.end()) return;
    above_.push_back(own);
    fs::directory_iterator at(folder, fs::directory_options::skip_permission_denied, code);
    for (; !code && at != fs::directory_iterator(); at.increment(code)) {
      const std::string name = at->path().filename().string();
      if (!name.starts_with('.')) take(at->path(), shown / name, links);
    }
    if (code) throw Error("read", folder.string(), code.message());
    above_.pop_back();
  }

  void take(const fs::path& path, const fs::path& shown, int links) {
    std::error_code code;
    const std::optional<fs::path> target = text_link(path);
    const fs::path real = target.value_or(path);
    const bool link = target || fs::is_symlink(path, code);
    const std::string name = path.filename().string();
    if (link && !fs::exists(real, code)) {
      dangling_.push_back(Error("read", path.string(), "it is a link that leads nowhere").what());
    } else if (fs::is_directory(real, code)) {
      if (links + (link ? 1 : 0) <= kMostLinks) walk(real, shown, links + (link ? 1 : 0));
    } else if ((decoders_.is_picture(name) || is_video_name(name)) && fs::is_regular_file(real, code)) {
      files_.push_back({shown, real});
    }
  }

  fs::path folder_;
  const Decoders& decoders_;
  std::vector<Found> files_;
  std::vector<fs::path> above_;  // the folders that it is in
  std::vector<std::string> dangling_;
};

// A set of pictures is there already; other records are named as what they are.
[[noreturn]] void refuse_records(const fs::path& path) {
  RecordSet::open(path);
  throw Error("import", path.string(), "it is already a record set", "reverie train --data takes it");
}

// Why a folder gives no pictures: what is there instead.
[[noreturn]] void fail_without_pictures(const fs::path& folder, const std::vector<std::string>& dangling) {
  constexpr const char* kNone = "there are no pictures or videos in this folder";
  if (!dangling.empty())
    throw Error("import", folder.string(), fmt::format("{}, but links that lead nowhere", kNone));
  if (const FileKind kind = kind_of(folder); !kind.what.empty())
    throw Error("import", folder.string(), fmt::format("it is {}", kind.what), std::string(kind.use));
  std::vector<std::string> names = names_in(folder);
  std::sort(names.begin(), names.end(), natural_less);
  for (const std::string& name : names) {
    const FileKind kind = kind_of(folder / name);
    if (kind.use.empty() || name.starts_with('.')) continue;
    if (kind.type == FileType::kRecords) refuse_records(folder / name);
    throw Error("import", folder.string(), fmt::format("{}: {} is {}", kNone, printable(name), kind.what),
                std::string(kind.use));
  }
  throw Error("import", folder.string(), kNone);
}

// Sees also the folders beside it, where its own name may be that of a split.
void see_all(const fs::path& folder, const std::vector<Found>& files, Places& places) {
  std::error_code code;
  const fs::path above = fs::weakly_canonical(folder, code).parent_path();
  for (fs::directory_iterator at(above, code); !code && at != fs::directory_iterator(); at.increment(code)) {
    std::error_code gone;
    if (at->is_directory(gone)) places.see(at->path().filename() / "x");
  }
  for (const Found& file : files) places.see(own_name(folder) / file.shown);
}

void import_folder(const fs::path& folder, const Decoders& decoders, PictureIntake& intake) {
  FolderWalk walk(folder, decoders);
  const std::vector<Found> files = walk.find();
  if (files.empty()) fail_without_pictures(folder, walk.dangling());
  for (const std::string& line : walk.dangling()) intake.leave_out(line);
  Places places;
  see_all(folder, files, places);
  const size_t first_label = intake.set().labels();
  size_t spare = 0;
  for (const Found& file : files) {
    if (stop_requested()) return;
    const std::string path = (folder / file.shown).string();
    const Place place = places.of(own_name(folder) / file.shown);
    if (place.spare) {
      ++spare;
    } else if (!decoders.is_picture(path)) {
      import_video(file.real.string(), file.shown.filename().string(), place, decoders, intake);
    } else {
      std::vector<uint8_t> bytes;
      try {
        bytes = read_file(file.real, kMostPictureBytes);
      } catch (const Error& e) {
        intake.leave_out(e.what());
        continue;
      }
      import_picture(bytes, place, path, decoders, intake);
    }
  }
  warn_of_spare(spare, folder.string());
  intake.set().sort_labels(first_label);
}

void import_file(const fs::path& path, bool picture, const Decoders& decoders, PictureIntake& intake) {
  Place place = Places().of(own_name(fs::absolute(path).parent_path()) / path.filename());
  if (picture) {
    import_picture(read_content(path, kMostPictureBytes), place, path.string(), decoders, intake);
  } else {
    place.label = path.stem().string();
    import_video(path.string(), path.filename().string(), place, decoders, intake);
  }
}

void import_one(const fs::path& path, const Decoders& decoders, PictureIntake& intake) {
  const std::string stored = path.filename().string();
  const std::string name = uncompressed_name(stored);
  if (is_archive_name(stored)) return import_archive(path, decoders, intake);
  if (is_idx_name(stored)) return import_idx(path, intake);
  FileKind kind = kind_of(path);
  const bool packed = kind.type == FileType::kCompressed;
  if (packed) kind = kind_of(FileBytes(path).bytes(), name);
  const bool picture = decoders.is_picture(name) || (packed && kind.type == FileType::kPicture);
  switch (kind.type) {
    case FileType::kArchive:
      return import_archive(path, decoders, intake);
    case FileType::kIdx:
      return import_idx(path, intake);
    case FileType::kPickle:
      return import_cifar(path, intake);
    case FileType::kRecords:
      refuse_records(path);
    case FileType::kPicture:
      break;
    case FileType::kVideo:
      if (!packed) break;
      throw Error("import", path.string(), "it is a compressed video", "uncompress it first");
    case FileType::kUnknown:
    case FileType::kEmpty:
      if (name.ends_with(".tfrecord")) refuse_records(path);
      if (name.ends_with(".bin")) return import_cifar(path, intake);
      break;
    case FileType::kText:
      if (name.ends_with(".bin")) return import_cifar(path, intake);
      if (picture || is_video_name(name)) break;
      [[fallthrough]];
    default:
      throw Error("import", path.string(), fmt::format("it is {}", kind.what), std::string(kind.use));
  }
  import_file(path, picture, decoders, intake);
}

}  // namespace

Places::Part Places::part_of(const std::string& name) {
  static const std::map<std::string, Part> parts = {
      {"train", Part::kTrain},          {"training", Part::kTrain}, {"test", Part::kTest},
      {"testing", Part::kTest},         {"val", Part::kValidation}, {"valid", Part::kValidation},
      {"validation", Part::kValidation}};
  const auto found = parts.find(lower(name));
  return found == parts.end() ? Part::kNone : found->second;
}

void Places::see(const fs::path& path) {
  fs::path above;
  for (const fs::path& folder : path.parent_path()) {
    if (const Part part = part_of(folder.string()); part != Part::kNone) parts_[above.string()].insert(part);
    above /= folder;
  }
}

bool Places::has(const std::string& above, Part part) const {
  const auto found = parts_.find(above);
  return found != parts_.end() && found->second.contains(part);
}

Places::Part Places::split_at(const std::string& above, const std::string& name) const {
  static const std::set<std::string> always = {"train", "test", "val", "validation"};
  const Part part = part_of(name);
  if (part == Part::kNone || always.contains(name)) return part;
  const auto others = {Part::kTrain, Part::kTest, Part::kValidation};
  const bool beside = std::any_of(others.begin(), others.end(),
                                  [&](Part other) { return other != part && has(above, other); });
  return beside ? part : Part::kNone;
}

Place Places::of(const fs::path& path) const {
  const std::vector<std::string> names = [&] {
    std::vector<std::string> all;
    for (const fs::path& part : path) all.push_back(part.string());
    return all;
  }();
  const size_t folders = names.empty() ? 0 : names.size() - 1;
  fs::path above;
  for (size_t i = 0; i < folders; above /= names[i++]) {
    const Part part = split_at(above.string(), names[i]);
    if (part == Part::kNone) continue;
    Place place;
    // pictures directly in train/ belong to the class "all"
    place.label = i + 1 < folders ? names[i + 1] : names[i > 0 ? i - 1 : i];
    place.split = part == Part::kTrain ? Split::kTrain : Split::kTest;
    // not where it is all that was asked for
    place.spare = part == Part::kValidation && i > 0 && has(above.string(), Part::kTest);
    return place;
  }
  return {folders > 0 ? names[folders - 1] : "", std::nullopt, false};
}

void warn_of_spare(size_t count, const std::string& source) {
  if (count == 0) return;
  warning(
      fmt::format("{}: {} pictures of validation are left out, because there are others for testing: import "
                  "their folder alone for a set of them",
                  printable(source), count));
}

void import_picture(std::span<const uint8_t> bytes, const Place& place, const std::string& name,
                    const Decoders& decoders, PictureIntake& intake) {
  if (intake.options().clips.frames > 0) {
    intake.leave_out(fmt::format("{}: it is a picture, and clips are cut from videos", printable(name)));
    return;
  }
  Planes picture;
  try {
    picture = decoders.picture(bytes, name);
  } catch (const Error& e) {
    intake.leave_out(e.what());
    return;
  }
  intake.add(picture, {label_id(place, intake), place.split}, name);
}

void import_source(const std::string& spec, const Decoders& decoders, PictureIntake& intake) {
  const fs::path path = text_link(spec).value_or(spec);
  std::error_code code;
  if (!fs::exists(path, code)) throw Error("import", spec, "there is no such file or folder");
  if (!fs::is_directory(path, code)) return import_one(path, decoders, intake);
  const std::vector<std::string> names = names_in(path);
  if (is_cifar_folder(path)) return import_cifar(path, intake);
  if (std::any_of(names.begin(), names.end(), is_idx_name)) return import_idx(path, intake);
  import_folder(path, decoders, intake);
}

}  // namespace reverie
