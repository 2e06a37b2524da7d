// Writes PyTorch's state files for tests, piece by piece, so that any piece can be wrong.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weights/tensor.h"

namespace reverie::pth {

template <class T>
std::string little(T value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i)
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xffU);
  return bytes;
}

// Pieces of a pickle.
inline std::string number(int64_t n) {
  const bool small = n >= 0 && n < 256;
  std::string all = small ? "K" : "\x8a\x08";
  return all.append(small ? little(static_cast<uint8_t>(n)) : little(n));
}
inline std::string text(const std::string& t) {
  return std::string("X") + little(static_cast<uint32_t>(t.size())) + t;
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string all = "(";
  for (const std::string& item : items) all += item;
  return all + "t";
}
inline std::string numbers(const std::vector<int64_t>& list) {
  std::vector<std::string> items;
  for (const int64_t n : list) items.push_back(number(n));
  return tuple(items);
}
inline std::string global(const std::string& module, const std::string& name) {
  return std::string("c") + module + "\n" + name + "\n";
}
inline std::string storage(const std::string& type, const std::string& key, int64_t count,
                           const std::string& view = "") {
  std::vector<std::string> id = {text("storage"), global("torch", type + "Storage"), text(key), text("cpu"),
                                 number(count)};
  if (!view.empty()) id.push_back(view);
  return tuple(id) + "Q";
}
inline std::string ordered() {
  return global("collections", "OrderedDict") + ")R";
}
inline std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& shape,
                          const std::vector<int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, number(offset), numbers(shape), numbers(strides), "\x89", ordered()}) + "R";
}
inline std::string dictionary(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string all = ordered() + "(";
  for (const auto& [name, value] : items) all += text(name) + value;
  return all + "u";
}
inline std::string pickle(const std::string& value) {
  return std::string("\x80\x02") + value + ".";
}

inline uint32_t checksum(const std::string& bytes) {
  uint32_t sum = ~0U;
  for (const char c : bytes) {
    sum ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) sum = sum >> 1U ^ (0xedb88320U & (0U - (sum & 1U)));
  }
  return ~sum;
}

// deflate without compression
inline std::string deflated(const std::string& bytes) {
  const auto size = static_cast<uint16_t>(bytes.size());
  return std::string("\x01") + little(size) + little(static_cast<uint16_t>(~size)) + bytes;
}

struct ZipPart {
  std::string name, content;
  bool deflate = false;
};

// Places of the numbers in the result are as in a zip archive without padding.
inline std::string zip(const std::vector<ZipPart>& parts) {
  std::string all, directory;
  for (const ZipPart& part : parts) {
    const std::string packed = part.deflate ? deflated(part.content) : part.content;
    const auto half = [](size_t n) { return little(static_cast<uint16_t>(n)); };
    const auto word = [](size_t n) { return little(static_cast<uint32_t>(n)); };
    const std::string shared = half(20) + half(0) + half(part.deflate ? 8 : 0) + word(0) +
                               word(checksum(part.content)) + word(packed.size()) +
                               word(part.content.size()) + half(part.name.size()) + half(0);
    directory += std::string("PK\x01\x02") + half(20) + shared + half(0) + half(0) + half(0) + word(0) +
                 word(all.size()) + part.name;
    all += std::string("PK\x03\x04") + shared + part.name + packed;
  }
  const std::string count = little(static_cast<uint16_t>(parts.size()));
  return all + directory + "PK\x05\x06" + little(uint32_t{0}) + count + count +
         little(static_cast<uint32_t>(directory.size())) + little(static_cast<uint32_t>(all.size())) +
         little(uint16_t{0});
}

inline std::string floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float v : values) bytes += little(std::bit_cast<uint32_t>(v));
  return bytes;
}

inline std::vector<int64_t> strides_of(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t d = shape.size(); d-- > 0; step *= shape[d]) strides[d] = step;
  return strides;
}

// A file of these tensors, float32, as torch.save(state, FILE) writes it.
inline std::string state_file(const std::vector<std::pair<std::string, Tensor>>& tensors) {
  std::vector<std::pair<std::string, std::string>> items;
  std::vector<ZipPart> parts(1);
  for (const auto& [name, t] : tensors) {
    const std::string key = std::to_string(items.size());
    items.emplace_back(name, tensor(storage("Float", key, static_cast<int64_t>(t.data.size())), 0, t.shape,
                                    strides_of(t.shape)));
    parts.push_back({"archive/data/" + key, floats(t.data)});
  }
  parts[0] = {"archive/data.pkl", pickle(dictionary(items))};
  parts.push_back({"archive/version", "3\n"});
  return zip(parts);
}

struct OldStorage {
  std::string key;
  int64_t count = 0;
  std::string bytes;
};

// The form before PyTorch 1.6.
inline std::string old_file(const std::string& object, const std::vector<OldStorage>& storages) {
  std::string keys = "](", data;
  for (const OldStorage& s : storages) {
    keys += text(s.key);
    data += little(s.count) + s.bytes;
  }
  return std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.") + pickle("M\xe9\x03") +
         pickle(std::string("}(") + text("little_endian") + "\x88" + text("protocol_version") +
                "M\xe9\x03u") +
         pickle(object) + pickle(keys + "e") + data;
}

}  // namespace reverie::pth
