#pragma once
#include "haproxy/config/settings.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// What the operator set, as the HAProxy driver wants it. Addresses were checked when the settings were
/// loaded.
haproxy::Settings haproxy_settings(const settings::Settings& settings);

}  // namespace dfp::app
