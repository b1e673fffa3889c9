#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace dfp::tmpl::consul {

/// Writes a time in UTC as Go's package time does: the layout shows how Mon Jan 2 15:04:05 MST 2006 would
/// look.
std::string format_time(std::chrono::system_clock::time_point time, std::string_view layout);

inline constexpr std::string_view kRfc3339 = "2006-01-02T15:04:05Z07:00";

}  // namespace dfp::tmpl::consul
