#include "data/example.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <optional>

#include "reverie_example.pb.h"

namespace reverie {
namespace {

using Bytes = std::span<const uint8_t>;

// Protocol buffers' wire format, field by field ("Encoding" in its documentation).  The library's own parser
// copies every bytes field, which takes three quarters of the time to open a set.
class Wire {
 public:
  explicit Wire(Bytes all) : left_(all) {}

  uint32_t field = 0;   // its number
  Bytes bytes;          // of a field with a length
  uint64_t number = 0;  // of a varint field
  enum class Kind { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 } kind = Kind::kVarint;

  // False at the end and at an invalid field; good() tells which.
  bool next() {
    uint64_t tag = 0;
    if (left_.empty() || !(good_ = varint(tag))) return false;
    field = static_cast<uint32_t>(tag >> 3U);
    kind = static_cast<Kind>(tag & 7U);
    return good_ = field != 0 && tag >> 32U == 0 && value();
  }
  bool good() const { return good_; }

  // The next number of a packed list.
  bool varint(uint64_t& v) {
    v = 0;
    constexpr unsigned kMostBytes = 10;
    for (unsigned i = 0; i < kMostBytes && i < left_.size(); ++i) {
      v |= static_cast<uint64_t>(left_[i] & 0x7fU) << (7 * i);
      if ((left_[i] & 0x80U) == 0) return skip(i + 1);
    }
    return false;
  }
  bool at_end() const { return left_.empty(); }

 private:
  bool skip(size_t n) {
    if (n > left_.size()) return false;
    left_ = left_.subspan(n);
    return true;
  }
  bool value() {
    switch (kind) {
      case Kind::kVarint:
        return varint(number);
      case Kind::kFixed64:
        return skip(8);
      case Kind::kFixed32:
        return skip(4);
      case Kind::kBytes:
        if (!varint(number) || number > left_.size()) return false;
        bytes = left_.first(static_cast<size_t>(number));
        return skip(bytes.size());
    }
    return false;  // groups, which are obsolete
  }

  Bytes left_;
  bool good_ = true;
};

std::string_view text(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// What a Feature holds.
struct Values {
  std::vector<Bytes> bytes;
  std::vector<int64_t> numbers;
};

bool read_bytes_list(Bytes list, Values& out) {
  Wire wire(list);
  while (wire.next()) {
    if (wire.field == 1 && wire.kind == Wire::Kind::kBytes) out.bytes.push_back(wire.bytes);
  }
  return wire.good();
}

bool read_int64_list(Bytes list, Values& out) {
  Wire wire(list);
  while (wire.next()) {
    if (wire.field != 1) continue;
    if (wire.kind == Wire::Kind::kVarint) out.numbers.push_back(static_cast<int64_t>(wire.number));
    if (wire.kind != Wire::Kind::kBytes) continue;
    Wire packed(wire.bytes);
    uint64_t v = 0;
    while (!packed.at_end()) {
      if (!packed.varint(v)) return false;
      out.numbers.push_back(static_cast<int64_t>(v));
    }
  }
  return wire.good();
}

bool read_feature(Bytes feature, Values& out) {
  Wire wire(feature);
  while (wire.next()) {
    if (wire.kind != Wire::Kind::kBytes) continue;
    if (wire.field == 1 && !read_bytes_list(wire.bytes, out)) return false;
    if (wire.field == 3 && !read_int64_list(wire.bytes, out)) return false;
  }
  return wire.good();
}

bool is_known(std::string_view key) {
  return key == "raw" || key == "height" || key == "width" || key == "type" || key == "split" ||
         key == "labels" || key == "frames" || key == "video" || key == "group";
}

bool take(std::string_view key, const Values& v, PictureExample& out) {
  const auto number = [&](int64_t& to) {
    if (v.numbers.size() != 1 || !v.bytes.empty()) return false;
    to = v.numbers[0];
    return true;
  };
  if (key == "height") return number(out.height);
  if (key == "width") return number(out.width);
  if (key == "type") return number(out.type);
  if (key == "frames") return number(out.frames);
  if (key == "video") return number(out.video);
  if (!v.numbers.empty()) return false;
  if (key == "labels") {
    for (const Bytes& b : v.bytes) out.labels.push_back(text(b));
    return true;
  }
  if (v.bytes.size() != 1) return false;
  if (key == "raw") out.raw = v.bytes[0];
  if (key == "split") out.split = text(v.bytes[0]);
  if (key == "group") out.group = text(v.bytes[0]);
  return true;
}

// One entry of the map from names to features.
bool split_entry(Bytes entry, std::string_view& key, Bytes& feature) {
  Wire wire(entry);
  while (wire.next()) {
    if (wire.kind != Wire::Kind::kBytes) continue;
    if (wire.field == 1) key = text(wire.bytes);
    if (wire.field == 2) feature = wire.bytes;
  }
  return wire.good();
}

bool read_entry(Bytes entry, PictureExample& out) {
  std::string_view key;
  Bytes feature;
  if (!split_entry(entry, key, feature)) return false;
  if (!is_known(key)) return true;
  Values values;
  return read_feature(feature, values) && take(key, values, out);
}

// Calls take with each entry of the map; false if the bytes are not an Example or take said so.
template <class Take>
bool each_entry(Bytes bytes, const Take& take_entry) {
  Wire example(bytes);
  while (example.next()) {
    if (example.field != 1 || example.kind != Wire::Kind::kBytes) continue;
    Wire features(example.bytes);
    while (features.next()) {
      if (features.field != 1 || features.kind != Wire::Kind::kBytes) continue;
      if (!take_entry(features.bytes)) return false;
    }
    if (!features.good()) return false;
  }
  return example.good();
}

}  // namespace

bool parse_example(std::span<const uint8_t> bytes, PictureExample& out) {
  out = {};
  return each_entry(bytes, [&](Bytes entry) { return read_entry(entry, out); });
}

std::vector<std::string_view> feature_names(std::span<const uint8_t> bytes) {
  std::vector<std::string_view> names;
  const bool good = each_entry(bytes, [&](Bytes entry) {
    std::string_view key;
    Bytes feature;
    if (!split_entry(entry, key, feature)) return false;
    names.push_back(key);
    return true;
  });
  return good ? names : std::vector<std::string_view>{};
}

void serialize_example(const PictureExample& example, std::string& out) {
  tf::Example message;
  auto& features = *message.mutable_features()->mutable_feature();
  const auto number = [&](const char* key, int64_t v) { features[key].mutable_int64_list()->add_value(v); };
  number("height", example.height);
  number("width", example.width);
  number("type", example.type);
  features["raw"].mutable_bytes_list()->add_value(example.raw.data(), example.raw.size());
  features["split"].mutable_bytes_list()->add_value(std::string(example.split));
  if (example.frames > 1) {
    number("frames", example.frames);
    number("video", example.video);
    features["group"].mutable_bytes_list()->add_value(std::string(example.group));
  }
  if (!example.labels.empty()) {
    auto& labels = *features["labels"].mutable_bytes_list();
    for (const std::string_view label : example.labels) labels.add_value(std::string(label));
  }
  out.clear();
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);  // a map has no fixed order
  message.SerializeToCodedStream(&coded);
}

}  // namespace reverie
