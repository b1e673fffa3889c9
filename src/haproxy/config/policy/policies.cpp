#include "haproxy/config/policy/policies.hpp"

namespace dfp::haproxy::config {

std::vector<PolicyEntry> policies_of(const model::Destination&) { return {}; }

void write_policies(ConfigWriter&) {}

}  // namespace dfp::haproxy::config
