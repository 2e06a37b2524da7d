// The files of a folder that may be inputs, to choose from without typing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace reverie {

class FileList {
 public:
  struct Entry {
    std::string name;
    bool folder = false;
  };

  // Begins in the folder that was open last, in any set; else in the one of this input, or the current one.
  explicit FileList(const std::string& input);

  const std::filesystem::path& folder() const { return folder_; }
  // Folders, then pictures and videos by their endings, both in natural order; not what is hidden.
  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& trouble() const { return trouble_; }  // why the folder could not be read

  void enter(const std::string& name);  // of a folder in it
  void leave();                         // to the one above
  std::string path(const Entry& entry) const { return (folder_ / entry.name).string(); }
  // The next list begins here.
  void remember() const;

 private:
  void list();

  std::filesystem::path folder_;
  std::vector<Entry> entries_;
  std::string trouble_;
};

}  // namespace reverie
