#pragma once
#include <memory>

#include "docker/engine_client.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// A client of the engine that the settings name, or of the usual socket. Opens no connection.
/// @return InvalidArgument for an address that cannot be read.
Result<std::unique_ptr<docker::EngineClient>> open_engine(Executor executor,
                                                          const settings::Docker& settings);

}  // namespace dfp::app
