// Runs the built command from outside, as a user would.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file.h"
#include "core/text.h"

namespace reverie {

struct Outcome {
  int status = -1;
  std::string out, err;
};

// A folder for each test, removed afterwards.
class TestFolder {
 public:
  explicit TestFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("reverie-" + name + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Runs a shell command in folder, where `reverie` is the built command.
inline Outcome shell(const std::string& line, const std::filesystem::path& folder = ".") {
  const TestFolder capture("capture");
  const std::string full = "reverie() { \"" REVERIE_COMMAND "\" \"$@\"; }; cd '" + folder.string() +
                           "' && { " + line + "\n} >'" + capture.file("out") + "' 2>'" + capture.file("err") +
                           "' </dev/null";
  const int status = std::system(full.c_str());  // NOLINT(concurrency-mt-unsafe): tests are single-threaded
  Outcome o;
  o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  o.out = read_text_file(capture.file("out"));
  o.err = read_text_file(capture.file("err"));
  return o;
}

// One value from ffprobe, such as probe_entry("a.mp4", "v:0", "stream=width").
inline std::string probe_entry(const std::string& file, const std::string& stream, const std::string& entry) {
  const std::string select = stream.empty() ? "" : " -select_streams " + stream;
  const Outcome o = shell("ffprobe -v error" + select + " -show_entries " + entry + " -of csv=p=0 '" + file +
                          "' | head -1");
  std::string value(trim(o.out));
  while (value.ends_with(',')) value.pop_back();
  return value;
}

// Test data that is not part of the project; empty if there is none.
inline std::filesystem::path data_folder() {
  const char* set = std::getenv("REVERIE_DATA");  // NOLINT(concurrency-mt-unsafe)
  const std::filesystem::path folder =
      set ? std::filesystem::path(set) : std::filesystem::path("../shared/data");
  return std::filesystem::is_directory(folder) ? std::filesystem::absolute(folder) : std::filesystem::path();
}

}  // namespace reverie
