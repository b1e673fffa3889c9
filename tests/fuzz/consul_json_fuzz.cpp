// Answers of Consul, or of whatever listens at its port.
#include <cstdlib>

#include "registry/consul/catalog_json.hpp"
#include "registry/consul/health_json.hpp"
#include "registry/consul/kv_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace dfp::registry::consul;
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto body = text;
  if (auto instances = parse_health_answer(body))
    for (const auto& instance : *instances)
      if (instance.port == 0 || instance.address.empty()) std::abort();
  body = text;
  if (auto entries = parse_kv_answer(body))
    for (const auto& entry : *entries)
      if (entry.key.empty() || entry.version == 0) std::abort();
  body = text;
  (void)parse_services_answer(body);
  body = text;
  (void)parse_agent_services(body);
  body = text;
  (void)parse_agent_checks(body);
  body = text;
  (void)parse_health_records(body);
  body = text;
  (void)parse_service_tags(body);
  body = text;
  (void)parse_nodes(body);
  body = text;
  (void)parse_node_services(body);
  body = text;
  (void)parse_datacenters(body);
  body = text;
  (void)parse_agent_node(body);
  (void)parse_transaction_answer(text);
  (void)parse_transaction_refusal(text);
  return 0;
}
