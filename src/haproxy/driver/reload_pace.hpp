#pragma once
#include <cstddef>
#include <optional>

#include "base/deadline.hpp"

namespace dfp::haproxy {

/// Replaced workers that may live at once. Each keeps all its memory until its last connection has ended.
inline constexpr std::size_t kMostOldWorkers = 10;

/// How long after the last reload the next one may come, by the number of replaced workers that live: at once
/// while there are few, then later and later. HAProxy itself would end the oldest one after a number of
/// reloads (`mworker-max-reloads`), and with it the long answers and WebSockets of services that have nothing
/// to do with the reloads; so we wait, and `hard-stop-after` alone ends a worker.
/// @return nullopt: not before one of them has ended.
std::optional<Clock::duration> reload_gap(std::size_t old_workers);

}  // namespace dfp::haproxy
