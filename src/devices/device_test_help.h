// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "control/desk.h"
#include "core/test_help.h"

namespace reverie {

// A desk that sends to nobody, and a configuration folder of its own.
class DeskFixture : public testing::Test {
 protected:
  DeskFixture() { setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
  ~DeskFixture() override { unsetenv("XDG_CONFIG_HOME"); }

  double value(const std::string& name, int level = 0) const {
    return desk_.preset().values.number(name, level);
  }

  std::vector<Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  TemporaryFolder folder_;
  mutable std::mutex mutex_;
  std::vector<Event> events_;
  Desk desk_{Preset(), 1, [this](Event e) {
               const std::lock_guard lock(mutex_);
               events_.push_back(std::move(e));
             }};
};

}  // namespace reverie
