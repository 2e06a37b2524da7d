#include "weights/pth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/little.h"
#include "core/pickle.h"
#include "core/text.h"
#include "core/zip.h"
#include "weights/element.h"

namespace reverie {
namespace {

using Value = PickleValue;
using Kind = PickleValue::Kind;

constexpr uint64_t kMaxFileBytes = uint64_t{16} << 30U;
constexpr size_t kMostTensors = 100'000;
constexpr const char* kAdvice =
    "in Python, torch.save(model.state_dict(), 'NAME.pth') saves the weights alone";
constexpr const char* kDamaged = "the file is damaged or cut off";
// The first pickle of an old file: 0x1950a86a20f9469cfc6c.
constexpr std::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");

// The names of objects that stand for calls.
constexpr const char* kStorage = "storage";
constexpr const char* kTensor = "tensor";

struct StorageType {
  std::string_view name;
  ElementType type;
};
constexpr std::array kStorageTypes = {
    StorageType{"torch FloatStorage", ElementType::kF32},
    StorageType{"torch DoubleStorage", ElementType::kF64},
    StorageType{"torch HalfStorage", ElementType::kF16},
    StorageType{"torch BFloat16Storage", ElementType::kBF16},
    StorageType{"torch LongStorage", ElementType::kI64},
    StorageType{"torch IntStorage", ElementType::kI32},
    StorageType{"torch ShortStorage", ElementType::kI16},
    StorageType{"torch CharStorage", ElementType::kI8},
    StorageType{"torch ByteStorage", ElementType::kU8},
    StorageType{"torch BoolStorage", ElementType::kBool},
};

std::optional<ElementType> storage_type(const Value& global) {
  if (global.kind != Kind::kGlobal) return {};
  for (const StorageType& s : kStorageTypes) {
    if (s.name == global.name) return s.type;
  }
  return {};
}

// The parts of an object of kStorage: the persistent id ('storage', type, key, place, count[, view]).
enum StoragePart : uint8_t { kType = 1, kKey = 2, kCount = 4, kView = 5 };

class TorchNames : public PickleNames {
 public:
  std::string holds() const override { return "tensors, dictionaries, lists, numbers and text"; }
  std::string advice() const override { return kAdvice; }

  std::string known(const std::string& module, const std::string& name) const override {
    static constexpr std::array<std::string_view, 5> kCalls = {
        "collections OrderedDict", "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter", "torch.jit._pickle restore_type_tag"};
    std::string all = module + " " + name;
    const bool storage = std::any_of(kStorageTypes.begin(), kStorageTypes.end(),
                                     [&](const StorageType& s) { return s.name == all; });
    if (storage || std::find(kCalls.begin(), kCalls.end(), all) != kCalls.end()) return all;
    return "";
  }

  Value* call(Pickle& pickle, const std::string& function, const Items& arguments) override {
    constexpr size_t kTensorParts = 4;
    if (function == "collections OrderedDict") return dictionary(pickle, arguments);
    if (function == "torch._utils _rebuild_parameter")
      return !arguments.empty() && arguments[0]->name == kTensor ? arguments[0] : nullptr;
    // of LibTorch: a dictionary and the type of what is in it
    if (function == "torch.jit._pickle restore_type_tag")
      return arguments.size() == 2 ? arguments[0] : nullptr;
    if (!function.starts_with("torch._utils _rebuild_tensor") || arguments.size() < kTensorParts)
      return nullptr;
    Value& tensor = pickle.make(Kind::kObject);
    tensor.name = kTensor;
    tensor.items = arguments;
    return &tensor;
  }

  // A state's _metadata are versions of its modules.
  bool set_state(Pickle& /*pickle*/, Value& object, const Value& /*state*/) override {
    return object.kind == Kind::kDict;
  }

  Value* persistent(Pickle& pickle, Value& id) override {
    if (id.kind != Kind::kList || id.items.empty()) return nullptr;
    const std::string_view what = id.items[0]->text();
    if (what == "module") pickle.fail(fmt::format("it holds a whole module, not its weights ({})", kAdvice));
    if (what != kStorage || id.items.size() <= kCount || !storage_type(*id.items[kType]) ||
        id.items[kKey]->kind != Kind::kBytes || id.items[kCount]->kind != Kind::kNumber ||
        id.items[kCount]->number < 0)
      return nullptr;
    Value& storage = pickle.make(Kind::kObject);
    storage.name = kStorage;
    storage.items = id.items;
    storages.emplace(id.items[kKey]->text(), &storage);
    return &storage;
  }

  std::map<std::string, const Value*> storages;  // by key, the first mention

 private:
  // Empty, or of Python 2: a list of pairs.
  static Value* dictionary(Pickle& pickle, const Items& arguments) {
    Value& made = pickle.make(Kind::kDict);
    if (arguments.empty()) return &made;
    if (arguments.size() != 1 || arguments[0]->kind != Kind::kList) return nullptr;
    for (const Value* pair : arguments[0]->items) {
      if (pair->kind != Kind::kList || pair->items.size() != 2) return nullptr;
      made.items.insert(made.items.end(), pair->items.begin(), pair->items.end());
    }
    return &made;
  }
};

// Where the bytes of storages are.
class Storages {
 public:
  Storages() = default;
  virtual ~Storages() = default;
  Storages(const Storages&) = delete;
  Storages& operator=(const Storages&) = delete;

  virtual std::span<const uint8_t> find(const std::string& key) = 0;
  std::endian order = std::endian::little;
};

class ZipStorages : public Storages {
 public:
  ZipStorages(const std::map<std::string, ZipEntry>& entries, std::string folder, const std::string& file)
      : entries_(entries), folder_(std::move(folder)), file_(file) {}

  std::span<const uint8_t> find(const std::string& key) override {
    const auto known = found_.find(key);
    if (known != found_.end()) return known->second;
    const std::string name = folder_ + "data/" + key;
    const auto entry = entries_.find(name);
    if (entry == entries_.end())
      throw Error("read", file_, fmt::format("its entry '{:.80}' is missing", printable(name)));
    const auto bytes = zip_content(entry->second, name, file_, left_, own_[key]);
    left_ -= bytes.size();
    return found_[key] = bytes;
  }

 private:
  const std::map<std::string, ZipEntry>& entries_;
  std::string folder_;
  const std::string& file_;
  uint64_t left_ = kMaxFileBytes;
  std::map<std::string, std::span<const uint8_t>> found_;
  std::map<std::string, std::vector<uint8_t>> own_;
};

class OldStorages : public Storages {
 public:
  explicit OldStorages(const std::string& file) : file_(file) {}

  // What follows the pickles: of each key a count and that many elements.
  void read(std::span<const uint8_t> bytes, const Value& keys, const TorchNames& names) {
    const auto damaged = [&] { throw Error("read", file_, kDamaged, "copy it again"); };
    if (keys.kind != Kind::kList) damaged();
    for (const Value* key : keys.items) {
      const auto named = names.storages.find(std::string(key->text()));
      if (named == names.storages.end() || bytes.size() < sizeof(uint64_t)) damaged();
      const auto count = load_little<uint64_t>(bytes.data());
      bytes = bytes.subspan(sizeof(uint64_t));
      const size_t size = element_size(*storage_type(*named->second->items[kType]));
      if (count > bytes.size() / size) damaged();
      found_[named->first] = bytes.first(static_cast<size_t>(count) * size);
      bytes = bytes.subspan(static_cast<size_t>(count) * size);
    }
  }

  std::span<const uint8_t> find(const std::string& key) override {
    const auto known = found_.find(key);
    if (known != found_.end()) return known->second;
    throw Error("read", file_, fmt::format("its storage '{:.80}' is missing", printable(key)));
  }

 private:
  const std::string& file_;
  std::map<std::string, std::span<const uint8_t>> found_;
};

// Makes tensors of the objects that stand for them.
class TensorReader {
 public:
  TensorReader(Storages& storages, const std::string& file) : storages_(storages), file_(file) {}

  Tensor read(const std::string& name, const Value& object) {
    name_ = &name;
    ElementType type = ElementType::kF32;
    const std::span<const uint8_t> bytes = storage(*object.items[0], type);
    const size_t size = element_size(type);
    Tensor tensor{numbers(*object.items[2]), {}};
    const std::vector<int64_t> strides = numbers(*object.items[3]);
    const std::optional<size_t> count = element_count(tensor.shape);
    const Value& offset = *object.items[1];
    if (!count || strides.size() != tensor.shape.size() || offset.kind != Kind::kNumber || offset.number < 0)
      refuse("its shape, strides or offset are no such numbers");
    if (*count == 0) return tensor;
    check_places(tensor.shape, strides, static_cast<uint64_t>(offset.number), bytes.size() / size);
    count_shared(*count);
    const auto from = bytes.subspan(static_cast<size_t>(offset.number) * size);
    const std::vector<uint8_t> gathered = gather(from, tensor.shape, strides, *count, size);
    tensor.data = to_floats(gathered.empty() ? from.first(*count * size) : gathered, type, storages_.order);
    return tensor;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error("read", file_, "tensor " + in_quotes(printable(*name_)) + ": " + why);
  }

  std::vector<int64_t> numbers(const Value& list) const {
    std::vector<int64_t> numbers;
    if (list.kind != Kind::kList || list.items.size() > kMaxRank) refuse("its shape or strides are no list");
    for (const Value* v : list.items) {
      if (v->kind != Kind::kNumber || v->number < 0) refuse("its shape or strides are no such numbers");
      numbers.push_back(v->number);
    }
    return numbers;
  }

  // The bytes of a storage, or of the part that a view of it shows.
  std::span<const uint8_t> storage(const Value& object, ElementType& type) {
    if (object.kind != Kind::kObject || object.name != kStorage) refuse("it has no storage");
    type = *storage_type(*object.items[kType]);
    const std::string key(object.items[kKey]->text());
    std::span<const uint8_t> bytes = storages_.find(key);
    if (seen_.insert(key).second) stored_ += bytes.size();
    const size_t size = element_size(type);
    auto count = static_cast<uint64_t>(object.items[kCount]->number);
    uint64_t begin = 0;
    if (object.items.size() > kView && object.items[kView]->kind != Kind::kOther) {
      const Value& view = *object.items[kView];  // key, begin, count
      if (view.kind != Kind::kList || view.items.size() != 3 || view.items[1]->kind != Kind::kNumber ||
          view.items[2]->kind != Kind::kNumber || view.items[1]->number < 0 || view.items[2]->number < 0)
        refuse("its storage is a view of nothing");
      begin = static_cast<uint64_t>(view.items[1]->number);
      count = static_cast<uint64_t>(view.items[2]->number);
    }
    const uint64_t there = bytes.size() / size;
    if (begin > there || count > there - begin)
      refuse(fmt::format("its storage has {} bytes, too few for {} values", bytes.size(), count));
    return bytes.subspan(static_cast<size_t>(begin) * size, static_cast<size_t>(count) * size);
  }

  // Each element has its own place, and all of them are within the storage.
  void check_places(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides, uint64_t offset,
                    uint64_t there) const {
    std::vector<std::pair<uint64_t, uint64_t>> axes;  // stride, size
    for (size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] > 1) axes.emplace_back(strides[d], shape[d]);
    }
    std::sort(axes.begin(), axes.end());
    uint64_t extent = 1;  // of the axes so far
    for (const auto& [stride, size] : axes) {
      if (stride < extent) refuse("its strides let values share their places");
      // both factors and the sum stay below what is there
      if (stride > there / (size - 1) || extent + (size - 1) * stride > there)
        refuse(fmt::format("it reaches beyond the {} values of its storage", there));
      extent += (size - 1) * stride;
    }
    if (extent > there || offset > there - extent)
      refuse(fmt::format("it reaches beyond the {} values of its storage", there));
  }

  // Tensors that share a storage could fill any memory.
  void count_shared(size_t count) {
    constexpr uint64_t kSlack = 1U << 20U;
    taken_ += count;
    if (taken_ > 2 * stored_ + kSlack) refuse("too many tensors share the same values");
  }

  // The elements in C order; nothing where they lie so already.
  static std::vector<uint8_t> gather(std::span<const uint8_t> from, const std::vector<int64_t>& shape,
                                     const std::vector<int64_t>& strides, size_t count, size_t size) {
    bool plain = true;
    int64_t step = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      plain = plain && (shape[d] == 1 || strides[d] == step);
      step *= shape[d];
    }
    std::vector<uint8_t> bytes;
    if (plain) return bytes;
    bytes.resize(count * size);
    std::vector<int64_t> at(shape.size());
    uint64_t place = 0;
    for (size_t i = 0; i < count; ++i) {
      std::memcpy(bytes.data() + i * size, from.data() + place * size, size);
      for (size_t d = shape.size(); d-- > 0;) {
        place += static_cast<uint64_t>(strides[d]);
        if (++at[d] < shape[d]) break;
        place -= static_cast<uint64_t>(strides[d]) * static_cast<uint64_t>(shape[d]);
        at[d] = 0;
      }
    }
    return bytes;
  }

  Storages& storages_;
  const std::string& file_;
  const std::string* name_ = nullptr;
  std::set<std::string> seen_;
  uint64_t stored_ = 0, taken_ = 0;
};

bool is_tensor(const Value& v) {
  return v.kind == Kind::kObject && v.name == kTensor;
}

// The dictionaries that hold tensors, at most so deep; each is looked at once.
class StateFinder {
 public:
  explicit StateFinder(const std::string& file) : file_(file) {}

  const Value& find(const Value& root) {
    constexpr int kDepth = 2;
    if (is_tensor(root)) fail("it holds one tensor without a name");
    if (root.kind != Kind::kDict) fail("it holds no dictionary of tensors");
    look(root, "", kDepth);
    for (const char* name : {"state_dict", "model_state_dict", "model", "net", "params_ema", "params"}) {
      for (const auto& [found, state] : states_) {
        if (found == name) return *state;
      }
    }
    if (states_.empty()) fail("it holds no dictionary of tensors");
    if (states_.size() == 1 || states_[0].first.empty()) return *states_[0].second;
    fail(fmt::format("it holds several dictionaries of tensors, among them '{:.40}' and '{:.40}'",
                     printable(states_[0].first), printable(states_[1].first)));
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error("read", file_, why, kAdvice); }

  void look(const Value& v, const std::string& name, int depth) {
    if (v.kind != Kind::kDict || !seen_.insert(&v).second) return;
    bool tensors = false;
    for (size_t i = 1; i < v.items.size(); i += 2) tensors = tensors || is_tensor(*v.items[i]);
    if (tensors) states_.emplace_back(name, &v);
    if (depth == 0) return;
    for (size_t i = 1; i < v.items.size(); i += 2)
      look(*v.items[i], std::string(v.items[i - 1]->text()), depth - 1);
  }

  const std::string& file_;
  std::unordered_set<const Value*> seen_;
  std::vector<std::pair<std::string, const Value*>> states_;  // and the key of each
};

TensorFile tensors_of(const Value& root, Storages& storages, const std::string& file) {
  const Value& state = StateFinder(file).find(root);
  TensorFile content{file, {}, {}};
  TensorReader reader(storages, file);
  for (size_t i = 1; i < state.items.size(); i += 2) {
    const Value& key = *state.items[i - 1];
    if (!is_tensor(*state.items[i])) continue;
    if (key.kind != Kind::kBytes || key.bytes.empty())
      throw Error("read", file, "it has a tensor whose name is no text", kAdvice);
    if (content.tensors.size() >= kMostTensors)
      throw Error("read", file, fmt::format("it has more than {} tensors", kMostTensors));
    const std::string name(key.text());
    content.tensors.insert_or_assign(name, reader.read(name, *state.items[i]));
  }
  return content;
}

TensorFile parse_zip(std::span<const uint8_t> bytes, const std::string& file) {
  constexpr std::string_view kPickle = "data.pkl";
  const std::map<std::string, ZipEntry> entries = zip_entries(bytes, file);
  const auto is_root = [&](const auto& e) {
    const std::string_view name = e.first;
    return name.ends_with(kPickle) && std::count(name.begin(), name.end(), '/') == 1 &&
           name[name.size() - kPickle.size() - 1] == '/';
  };
  const auto found = std::find_if(entries.begin(), entries.end(), is_root);
  if (found == entries.end()) {
    refuse_other_kinds(bytes, file, FileType::kPyTorch, "a state file of PyTorch");
    throw Error("read", file, "it is a zip archive without data.pkl, not a state file of PyTorch");
  }
  const std::string folder = found->first.substr(0, found->first.size() - kPickle.size());
  const bool script = std::any_of(entries.begin(), entries.end(), [&](const auto& e) {
    return e.first == folder + "constants.pkl" || e.first.starts_with(folder + "code/");
  });
  if (script) throw Error("read", file, "it is a program in TorchScript, not weights", kAdvice);
  ZipStorages storages(entries, folder, file);
  if (const auto order = entries.find(folder + "byteorder"); order != entries.end()) {
    std::vector<uint8_t> own;
    constexpr uint64_t kMostBytes = 64;
    const auto word = zip_content(order->second, order->first, file, kMostBytes, own);
    if (!word.empty() && word[0] == 'b') storages.order = std::endian::big;
  }
  std::vector<uint8_t> own;
  const auto content = zip_content(found->second, found->first, file, kMaxFileBytes, own);
  TorchNames names;
  const Pickle pickle(content, file, names);
  return tensors_of(pickle.root(), storages, file);
}

TensorFile parse_old(std::span<const uint8_t> bytes, const std::string& file) {
  bytes = bytes.subspan(kMagic.size());
  TorchNames names;
  const auto next = [&] {
    Pickle pickle(bytes, file, names);
    bytes = bytes.subspan(pickle.size());
    return pickle;
  };
  constexpr int64_t kVersion = 1001;
  if (const Pickle version = next(); version.root().number != kVersion)
    throw Error("read", file, fmt::format("it has version {}, not {}", version.root().number, kVersion));
  next();  // the machine's sizes of C types
  const Pickle object = next(), keys = next();
  OldStorages storages(file);
  storages.read(bytes, keys.root(), names);
  return tensors_of(object.root(), storages, file);
}

}  // namespace

TensorFile parse_pth(std::span<const uint8_t> bytes, const std::string& file) {
  if (is_zip(bytes)) return parse_zip(bytes, file);
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (head.starts_with(kMagic)) return parse_old(bytes, file);
  refuse_other_kinds(bytes, file, FileType::kPyTorch, "a state file of PyTorch");
  throw Error("read", file, "it is not a state file of PyTorch");
}

TensorFile read_pth(const std::filesystem::path& path) {
  return parse_pth(read_content(path, kMaxFileBytes), path.string());
}

}  // namespace reverie
