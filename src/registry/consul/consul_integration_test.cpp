// With a real Consul (1.8.7 in Debian 11).
#include <gmock/gmock.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "registry/consul/consul.hpp"
#include "registry/consul/testing/consul_agent.hpp"
#include "registry/definition_store.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using testing::ConsulAgent;
using ::testing::HasSubstr;

ConsulOptions options_for(const ConsulAgent& agent) {
  ConsulOptions options;
  options.addresses = {agent.endpoint()};
  return options;
}

// ------------------------------------------------------------------------------------------- conformance

/// One agent for all tests that leave it in order.
ConsulAgent& shared_agent() {
  static ConsulAgent agent;
  return agent;
}

class ConsulSubject : public registry::testing::Subject {
 public:
  explicit ConsulSubject(Executor executor) : consul_(std::move(executor), options_for(shared_agent())) {}
  Catalog& catalog() override { return consul_.catalog(); }
  KeyValue& key_value() override { return consul_.key_value(); }
  Registrar& registrar() override { return consul_.registrar(); }

 private:
  Consul consul_;
};

registry::testing::Backend real_consul() {
  return {"consul", [](Executor executor) { return std::make_unique<ConsulSubject>(std::move(executor)); },
          "node-a", testing::why_no_consul()};
}

}  // namespace
}  // namespace dfp::registry::consul

namespace dfp::registry::testing {
using consul::real_consul;
INSTANTIATE_TEST_SUITE_P(Consul, CatalogConformance, ::testing::Values(real_consul()), backend_name);
INSTANTIATE_TEST_SUITE_P(Consul, DefinitionStoreConformance, ::testing::Values(real_consul()), backend_name);
INSTANTIATE_TEST_SUITE_P(Consul, KeyValueConformance, ::testing::Values(real_consul()), backend_name);
INSTANTIATE_TEST_SUITE_P(Consul, RegistrarConformance, ::testing::Values(real_consul()), backend_name);
INSTANTIATE_TEST_SUITE_P(Consul, RegistrationConformance, ::testing::Values(real_consul()), backend_name);
}  // namespace dfp::registry::testing
