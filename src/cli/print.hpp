#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "api/endpoints.hpp"
#include "cli/terminal.hpp"

namespace dfp::cli {

/// How much of an answer is shown.
struct View {
  bool details = false;  ///< services: everything of each, instead of a table
  Colors colors = Colors::Off;
};

/// An answer of the API for people; several lines, each ended. Fields that an older server does not send are
/// left out.
std::string render_answer(api::Action action, const boost::json::object& answer, View view = {});

/// Of an answer of services: those that have servers, or should, and none gets requests.
std::vector<std::string> services_without_server(const boost::json::object& answer);

/// Of an answer of services: why it does not say which servers are up; empty where it does.
std::string why_health_is_unknown(const boost::json::object& answer);

}  // namespace dfp::cli
