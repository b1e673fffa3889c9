#pragma once
#include "cli/template_call.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// Renders one template to standard output, or says why not on standard error.
/// @return an exit status of cli/exit_status.hpp
int run_template(const settings::Settings& settings, const cli::TemplateCall& call);

}  // namespace dfp::app
