#pragma once
#include <string_view>

#include "base/result.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// What a server wants of its process before anything else: ignores SIGPIPE, takes the descriptors that the
/// system allows (each long poll and each client is one), and keeps glibc's malloc from hoarding memory.
void set_up_process();

/// Gives memory back that many small values left between those that live longer. Takes a few milliseconds
/// where there are 10,000 services.
void trim_memory();

/// Makes state-dir and run-dir. @return InvalidArgument naming the setting and the folder.
Result<> make_folders(const settings::Settings& settings);

/// From here on SIGTERM and SIGINT are ignored: the exit status is decided, and a signal must not replace it.
void ignore_signals();

/// Logs why the start failed, and ignores further signals. @param otherwise the exit status where the error's
/// kind does not decide it.
/// @return an ExitCode.
int fail_start(std::string_view step, const Error& error, int otherwise);

}  // namespace dfp::app
