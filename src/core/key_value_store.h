// Values by key that several processes share, such as c10d's TCPStore.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/error.h"

namespace reverie {

// The store cannot be reached any more.
struct StoreGone : Error {
  using Error::Error;
};

// Any thread may call it.  No call waits for a key; each may throw StoreGone.
class KeyValueStore {
 public:
  KeyValueStore() = default;
  virtual ~KeyValueStore() = default;
  KeyValueStore(const KeyValueStore&) = delete;
  KeyValueStore& operator=(const KeyValueStore&) = delete;

  virtual void set(const std::string& key, const std::string& value) = 0;  // not an empty value
  virtual std::optional<std::string> get(const std::string& key) = 0;
  virtual int64_t add(const std::string& key, int64_t by) = 0;  // to a counter, from 0; returns the sum
  virtual void erase(const std::string& key) = 0;  // by whoever reads it: another might be in get()
};

}  // namespace reverie
