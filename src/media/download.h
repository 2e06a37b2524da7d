// Files from the web, whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace reverie {

struct Download {
  std::string address;         // http, https, or whatever else FFmpeg opens
  std::filesystem::path file;  // appears once it is complete and right
  std::string hash;            // "sha1" or "sha256"; empty: not compared
  std::string digits;          // of the sum, in hexadecimal; the first ones suffice
};

// done and, where the server says it, the whole; in bytes.
using OnDownload = std::function<void(uint64_t done, uint64_t whole)>;

// What arrived of an earlier call, FILE.part, is gone on with where the server can.  Stopped after Ctrl-C,
// which keeps it.  Error where the address cannot be opened, or the sum is another one: then nothing is kept.
void download(const Download& what, const OnDownload& told);

}  // namespace reverie
