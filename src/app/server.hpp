#pragma once
#include "cli/exit_status.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// How the server ends: its part of the table in cli/exit_status.hpp.
enum ExitCode : int {
  kEnded = cli::kOk,             ///< asked to end (SIGTERM, SIGINT), everything in order
  kFailed = cli::kFailed,        ///< an unexpected failure
  kBadSettings = cli::kUsage,    ///< a flag, variable or file key is wrong
  kPortTaken = cli::kNoAddress,  ///< an address to listen on belongs to another process
  kNoHaproxy = cli::kNoHaproxy,
  kNoRegistry = cli::kNoRegistry,
};

/// Runs the proxy until SIGTERM or SIGINT: HAProxy, the reconciler, the HTTP API. @return an ExitCode.
int run_server(const settings::Settings& settings);

}  // namespace dfp::app
