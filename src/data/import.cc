#include "data/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/archive.h"
#include "data/cifar.h"
#include "data/idx.h"

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

void import_video(const std::string& path, const Place& place, const Decoders& decoders,
                  PictureIntake& intake) {
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

// Pictures and videos below a folder, relative to it, in natural order.
std::vector<fs::path> files_below(const fs::path& folder, const Decoders& decoders) {
  std::vector<fs::path> files;
  std::error_code code;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, code);
  for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
    const std::string name = at->path().filename().string();
    std::error_code gone;
    if (name.starts_with('.')) {
      if (at->is_directory(gone)) at.disable_recursion_pending();
    } else if ((decoders.is_picture(name) || is_video_name(name)) && at->is_regular_file(gone)) {
      files.push_back(at->path().lexically_relative(folder));
    }
  }
  if (code) throw Error("read", folder.string(), code.message());
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  return files;
}

void import_folder(const fs::path& folder, const Decoders& decoders, PictureIntake& intake) {
  const std::vector<fs::path> files = files_below(folder, decoders);
  if (files.empty()) throw Error("import", folder.string(), "there are no pictures or videos in this folder");
  const size_t first_label = intake.set().labels();
  for (const fs::path& file : files) {
    if (stop_requested()) return;
    const std::string path = (folder / file).string();
    const Place place = place_of(own_name(folder) / file);
    if (decoders.is_picture(path)) {
      std::vector<uint8_t> bytes;
      try {
        bytes = read_file(path, kMostPictureBytes);
      } catch (const Error& e) {
        intake.leave_out(e.what());
        continue;
      }
      import_picture(bytes, place, path, decoders, intake);
    } else {
      import_video(path, place, decoders, intake);
    }
  }
  intake.set().sort_labels(first_label);
}

void import_file(const fs::path& path, const Decoders& decoders, PictureIntake& intake) {
  const std::string name = path.filename().string();
  const bool picture = decoders.is_picture(name);
  Place place = place_of(own_name(fs::absolute(path).parent_path()) / path.filename());
  if (picture) {
    import_picture(read_file(path, kMostPictureBytes), place, path.string(), decoders, intake);
  } else {
    place.label = path.stem().string();
    import_video(path.string(), place, decoders, intake);
  }
}

}  // namespace

Place place_of(const fs::path& path) {
  const std::vector<std::string> names = [&] {
    std::vector<std::string> all;
    for (const fs::path& part : path) all.push_back(part.string());
    return all;
  }();
  const size_t folders = names.empty() ? 0 : names.size() - 1;
  for (size_t i = 0; i < folders; ++i) {
    if (names[i] != "train" && names[i] != "test") continue;
    const Split split = names[i] == "test" ? Split::kTest : Split::kTrain;
    // pictures directly in train/ belong to the class "all"
    return {i + 1 < folders ? names[i + 1] : names[i > 0 ? i - 1 : i], split};
  }
  return {folders > 0 ? names[folders - 1] : "", std::nullopt};
}

void import_picture(std::span<const uint8_t> bytes, const Place& place, const std::string& name,
                    const Decoders& decoders, PictureIntake& intake) {
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
  const fs::path path(spec);
  const std::string name = path.filename().string();
  std::error_code code;
  if (!fs::exists(path, code)) throw Error("import", spec, "there is no such file or folder");
  if (fs::is_directory(path, code)) {
    const std::vector<std::string> names = names_in(path);
    if (std::any_of(names.begin(), names.end(), is_cifar_name)) return import_cifar(path, intake);
    if (std::any_of(names.begin(), names.end(), is_idx_name)) return import_idx(path, intake);
    return import_folder(path, decoders, intake);
  }
  if (name.ends_with(".bin")) return import_cifar(path, intake);
  if (is_idx_name(name)) return import_idx(path, intake);
  if (name.ends_with(".tfrecord") || name.ends_with(".tfrecord.gz")) {
    throw Error("import", spec, "it is already a record set");
  }
  if (is_archive_name(name)) return import_archive(path, decoders, intake);
  import_file(path, decoders, intake);
}

}  // namespace reverie
