#include "reconcile/change_time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace dfp::reconcile {
namespace {
using SystemClock = std::chrono::system_clock;
}

std::string change_time(SystemClock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(SystemClock::to_time_t(time)));
}

std::string change_time_now() { return change_time(SystemClock::now()); }

SystemClock::time_point parse_change_time(const std::string& text) {
  std::tm time{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  if (!end || *end != '\0') return SystemClock::now();
  return SystemClock::from_time_t(::timegm(&time));
}

}  // namespace dfp::reconcile
