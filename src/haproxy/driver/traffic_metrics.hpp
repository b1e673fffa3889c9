#pragma once
#include <string>

#include "haproxy/state/traffic_book.hpp"

namespace dfp::haproxy {

/// Appends the traffic as families of metrics, `dfp_service_…{service=…}` and `dfp_frontend_…{frontend=…}`:
/// at most 22 lines a service. A status class, or a kind of error, that never occurred is left out, except
/// for 2xx and 5xx. Costs about 10 us a service.
void write_traffic(std::string& out, const TrafficBook& book);

}  // namespace dfp::haproxy
