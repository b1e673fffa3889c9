#pragma once
#include <string>

namespace dfp::cli {

/// The pages of docs/reference/, as Markdown, from the tables that the program itself uses.
std::string render_parameters_page();
std::string render_settings_page();
std::string render_endpoints_page();
std::string render_exit_statuses_page();

}  // namespace dfp::cli
