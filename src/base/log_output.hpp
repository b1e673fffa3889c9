#pragma once
#include <chrono>
#include <cstdint>

/// Where log lines go: standard error, by a thread of its own. Whoever logs never waits for whoever reads: a
/// line that does not fit into the buffer is dropped and counted, and how many were is said when there is
/// room again.
namespace dfp::log {

/// Waits until everything is written. Done at exit; call it before std::_Exit(). @return false when that took
/// too long.
bool flush(std::chrono::milliseconds at_most);

/// Lines that were lost since nobody read them.
std::uint64_t dropped();

}  // namespace dfp::log
