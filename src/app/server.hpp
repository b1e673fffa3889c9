#pragma once
#include "settings/settings.hpp"

namespace dfp::app {

/// How the server ends. Part of the program's contract with scripts and supervisors.
enum ExitCode : int {
  kEnded = 0,        ///< asked to end (SIGTERM, SIGINT), everything in order
  kFailed = 1,       ///< an unexpected failure
  kBadSettings = 2,  ///< a flag, variable or file key is wrong
  kPortTaken = 3,    ///< an address to listen on belongs to another process
  kNoHaproxy = 4,    ///< HAProxy is missing, too old, or does not start
  kNoRegistry = 5,   ///< the embedded registry cannot be opened
};

/// Runs the proxy until SIGTERM or SIGINT: HAProxy, the reconciler, the HTTP API. @return an ExitCode.
int run_server(const settings::Settings& settings);

}  // namespace dfp::app
