#pragma once
#include <string>

#include "settings/settings.hpp"
#include "template/consul/session.hpp"

namespace dfp::app {

/// What templates may see beside the registry: the variables that the settings allow, and files below
/// `folder`.
tmpl::consul::Surroundings template_surroundings(const settings::Settings& settings, std::string folder);

}  // namespace dfp::app
