#include "haproxy/config/policy/policies.hpp"

namespace dfp::haproxy::config {

std::vector<PolicyEntry> policies_of(const model::Destination& destination) {
  std::vector<PolicyEntry> entries;
  add_strip_path(destination, entries);
  return entries;
}

void write_policies(ConfigWriter& writer) { write_strip_path(writer); }

}  // namespace dfp::haproxy::config
