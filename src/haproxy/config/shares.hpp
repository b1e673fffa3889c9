#pragma once
#include <string>
#include <vector>

#include "haproxy/config/settings.hpp"
#include "haproxy/config/writer.hpp"

/// How many of the worker's connections (`maxconn`) each service and each port of a template may hold, so
/// that those that hang leave room to the others.
///
/// The rule: at most its share of all connections and, where more than that are in use, as many of them for
/// each that is free as the share gives (75 %: three), but always a hundredth of all. In use is what clients
/// hold on the public ports and on those of templates; where there are none of the latter, their sum needs no
/// variable. Nothing is written where the share is 100 %. Reasons and costs: docs/adr/0013.
/// Source: configuration manual 2.6, sections 7.3.2 (fe_conn, be_conn) and 4.2 (tcp-request connection).
namespace dfp::haproxy::config {

/// Names of the frontend and listen sections that templates bind to ports of their own.
using OwnPorts = std::vector<std::string>;

/// The rules of a backend: more requests get 503 at once, and their connections are closed. In a defaults
/// section, or before a template's own rules.
void write_share_of_backend(ConfigWriter& writer, const Settings& settings, const OwnPorts& ports);

/// The rules of a template's port, HTTP or TCP: more connections are closed as soon as they are accepted. To
/// wait in the backlog, as with `maxconn`, is for limits that do not move. Before the template's own rules.
void write_share_of_port(ConfigWriter& writer, const Settings& settings, const OwnPorts& ports);

/// The rules of the public ports: one client address (IPv4, or IPv6 /64: whoever has one of its addresses has
/// all) has at most its share of all connections; more are closed as soon as they are accepted. Not those of
/// trusted proxies, which bring the connections of many clients. Nothing where that share is 100 %.
void write_share_of_address(ConfigWriter& writer, const Settings& settings);

/// The section that counts them, for the same settings.
void write_address_table(ConfigWriter& writer, const Settings& settings);

/// How many connections the statistics page's own port may have: a hundredth of all, or ten where that is
/// less (a browser and who collects figures keep theirs open), but no more than half of what two services
/// that hang leave (a sixteenth at 75 %). More wait in the backlog.
int connections_of_stats(const Settings& settings);

}  // namespace dfp::haproxy::config
