#pragma once
#include <chrono>
#include <string>

namespace dfp::reconcile {

/// RFC 3339 in UTC, whole seconds.
std::string change_time(std::chrono::system_clock::time_point time);

/// `Service::changed_at` of a change that happens now.
std::string change_time_now();

/// The time that it says; the present one where it cannot be read.
std::chrono::system_clock::time_point parse_change_time(const std::string& text);

}  // namespace dfp::reconcile
