#pragma once
#include <boost/json/object.hpp>
#include <string>

#include "cli/terminal.hpp"

/// An answer of `services` for people. Fields that an older server does not
/// send are left out, and in the long form those that a newer one sends are
/// shown by their key: it lacks nothing that --json has.
namespace dfp::cli {

/// One line for each service, sorted by name; below it, what is wrong, and with
/// which.
std::string render_services_table(const boost::json::object& answer, Colors colors);

/// Everything that is known of each service.
std::string render_services_details(const boost::json::object& answer);

/// "UP 2/3", "NO SERVER UP (0/2)"; empty where HAProxy was not asked.
std::string up_of(const boost::json::object& service);
/// The servers of a service, each with its state and the last check.
std::vector<std::string> server_lines(const boost::json::object& service, bool only_troubled);
/// What concerns no single service that is served: the quarantined ones,
/// registries that are away, ...
std::string render_remarks(const boost::json::object& answer);

}  // namespace dfp::cli
