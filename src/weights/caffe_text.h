// Parses Caffe's text files (.prototxt) into protobuf messages, with guards; used only by the caffe_*.cc
// files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace reverie {

// The text of a file, at most 4 MB, decompressed if it is compressed.  Error if it is a file of another kind.
std::string read_caffe_text(const std::filesystem::path& path);

// The lines where the messages of the repeated fields stand, of one parsed text.
using CaffeLines = std::map<std::string, std::vector<int>>;

// Fills the message.  A byte order mark is passed over, and , or ; between fields are too.  Unknown fields
// are skipped and returned as "line 12: name", at most 1000.  Error names file and line for text that is
// longer than 4 MB, nests deeper than 32 or does not parse.  `lines` is asked for the fields that are its
// keys.
std::vector<std::string> parse_caffe_text(std::string_view text, const std::string& file,
                                          google::protobuf::Message& message, CaffeLines* lines = nullptr);

}  // namespace reverie
