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

// ------------------------------------------------------------------------------------------ registrations

Task<bool> becomes_passing(Catalog* catalog, std::string service, Deadline deadline) {
  while (!deadline.passed()) {
    auto found = co_await must(catalog->instances(service, soon()));
    if (found.size() == 1 && found[0].health == model::Health::Passing) co_return true;
    co_await sleep_for(20ms);
  }
  co_return false;
}

TEST(ConsulRegistrations, ChecksAreRunByTheAgentAndKeepTheirResult) {
  if (auto why = testing::why_no_consul(); !why.empty()) GTEST_SKIP() << why;
  dfp::testing::run([](Executor executor) -> Task<> {
    auto& agent = shared_agent();
    Consul consul(executor, options_for(agent));
    Registration registration;
    registration.instance.service = registration.instance.id = "checked";
    registration.instance.address = agent.host();
    registration.instance.port = agent.endpoint().port;
    registration.checks = {{.kind = Check::Kind::Http,
                            .target = agent.endpoint().url() + "/v1/status/leader",
                            .interval = 100ms}};
    co_await must(consul.registrar().enroll(registration, soon()));
    bool passing = co_await becomes_passing(&consul.catalog(), "checked", soon());
    EXPECT_TRUE(passing);
    registration.checks[0].interval = 1h;  // so that a lost result would stay lost
    co_await must(consul.registrar().enroll(registration, soon()));
    auto found = co_await must(consul.catalog().instances("checked", soon()));
    EXPECT_EQ(found.at(0).health, model::Health::Passing);
    co_await must(consul.registrar().remove("checked", "", "checked", soon()));
  });
}

TEST(ConsulRegistrations, ACheckThatTheAgentMayNotRunIsRefusedWithItsReason) {
  if (auto why = testing::why_no_consul(); !why.empty()) GTEST_SKIP() << why;
  dfp::testing::run([](Executor executor) -> Task<> {
    Consul consul(executor, options_for(shared_agent()));
    Registration registration;
    registration.instance.service = registration.instance.id = "scripted";
    registration.instance.address = "127.0.0.1";
    registration.instance.port = 80;
    registration.checks = {{.kind = Check::Kind::Shell, .target = "exit 0"}};
    auto refused = co_await consul.registrar().enroll(registration, soon());
    EXPECT_FALSE(refused);
    if (!refused) EXPECT_THAT(refused.error().what, HasSubstr("Scripts are disabled"));
  });
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
