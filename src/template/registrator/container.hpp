#pragma once
#include "template/type.hpp"

namespace dfp::tmpl::registrator {

/// What `.` is in a template of Registrator: the Docker Engine API's inspected container (v1.24 to v1.44)
/// under the names that Go's client gives it (ID, HostConfig.DNS); its JSON differs from them by case only.
/// Times are texts as the engine writes them, ports have the methods Port and Proto. Source: Docker Engine
/// API, "Inspect a container".
const Type& container_type();

}  // namespace dfp::tmpl::registrator
