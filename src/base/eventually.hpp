#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/wait.hpp"

namespace dfp::testing {

/// For tests only: waits until `condition` holds; a failure that names `what` after 5 s.
inline Task<> eventually(std::function<bool()> condition, std::string what) {
  auto deadline = Deadline::after(std::chrono::seconds(5));
  while (!condition()) {
    if (deadline.passed()) {
      ADD_FAILURE() << "never happened: " << what;
      co_return;
    }
    co_await sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace dfp::testing
