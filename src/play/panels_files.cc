// The list of files that may be the input, as small pictures.
#include <imgui.h>

#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr size_t kMostPictures = 500;  // that are held at once

}  // namespace

// Files and folders to choose from; a folder of pictures can be the input too.
void Panels::draw_files() {
  if (ImGui::Button("files")) {
    files_.emplace(input_state().spec);
    ImGui::OpenPopup("files");
  }
  if (!ImGui::BeginPopup("files")) {
    if (files_) forget_files();
    return files_.reset();
  }
  say(kDim, files_->folder().string());
  std::optional<std::string> taken;
  if (ImGui::Button("the whole folder")) taken = files_->folder().string();
  tooltip("its pictures, one after the other");
  if (const std::optional<std::string> file = draw_file_entries()) taken = file;
  if (taken) {
    copy_text(input_, *taken);
    show_.desk().open_input(*taken, side_);
    files_->remember();
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

// The file that was chosen.
std::optional<std::string> Panels::draw_file_entries() {
  std::optional<std::string> enter;
  std::optional<std::string> taken;
  int cells = 0;
  ImGui::BeginChild("list", {cells_width(kColumns) + em(2), em(18)});
  const bool leave = ImGui::Selectable("..", false, ImGuiSelectableFlags_DontClosePopups);
  for (const FileList::Entry& e : files_->entries()) {
    if (e.folder) {
      if (ImGui::Selectable((e.name + "/").c_str(), false, ImGuiSelectableFlags_DontClosePopups))
        enter = e.name;
      continue;
    }
    if (cells++ % kColumns != 0) ImGui::SameLine();
    if (draw_file_cell(e)) taken = files_->path(e);
  }
  say(kRed, files_->trouble());
  ImGui::EndChild();
  if (enter) files_->enter(*enter);
  if (leave) files_->leave();
  if (enter || leave || file_thumbnails_.size() > kMostPictures) forget_files();
  return taken;
}

bool Panels::draw_file_cell(const FileList::Entry& file) {
  const std::string path = files_->path(file);
  ImGui::PushID(file.name.c_str());
  const bool clicked = draw_cell(
      file_thumbnails_, path,
      [&] { return texture_of(file_pictures_, path, file_thumbnails_.of_clip(path)); }, file.name,
      path == input_state().spec, [&] { tooltip(file.name); });
  ImGui::PopID();
  return clicked;
}

void Panels::forget_files() {
  for (auto& [path, picture] : file_pictures_) picture.second.forget();
  file_pictures_.clear();
  file_thumbnails_.forget();
}

}  // namespace reverie
