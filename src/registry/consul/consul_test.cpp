// What a real Consul does not show on demand, with a scripted one.
#include "registry/consul/consul.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "net/testing/certificates.hpp"
#include "net/testing/http_imposter.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
using net::HttpRequest, net::HttpResponse, net::testing::HttpImposter;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using ::testing::HasSubstr, ::testing::Not;

HttpResponse answer(std::string body, std::string index = "10", int status = 200) {
  return HttpResponse(status, std::move(body),
                      {{"X-Consul-Index", std::move(index)}, {"X-Consul-Knownleader", "true"}});
}

ConsulOptions options_for(std::vector<net::Endpoint> addresses) {
  ConsulOptions options;
  options.addresses = std::move(addresses);
  return options;
}

constexpr auto kOne =
    R"([{"Node":{"Node":"n","Address":"10.0.0.1"},"Service":{"ID":"a","Service":"web","Port":80},"Checks":[]}])";

/// A port at which nobody listens.
net::Endpoint nobody(Executor executor) {
  HttpImposter gone(executor);
  return gone.endpoint();
}

Task<HttpResponse> answer_late(HttpRequest) {
  co_await sleep_for(5s);
  co_return answer("[]");
}

Task<std::size_t> count_instances(Consul* consul, Deadline deadline = soon()) {
  auto instances = co_await must(consul->catalog().instances("web", deadline));
  co_return instances.size();
}

void play(Task<> (*scenario)(Executor)) { dfp::testing::run(scenario); }

// ------------------------------------------------------------------------------------------------ requests

TEST(ConsulRequest, CarriesTokenNamespaceAuthAndConsistency) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/v1/health/service/*", answer(kOne));
    auto options = options_for({server.endpoint()});
    options.token = "secret";
    options.auth = "user:pass";
    options.name_space = "team a";
    Consul consul(executor, options);
    co_await must(consul.catalog().instances("a/b?c", soon()));
    const auto& request = server.requests().at(0);
    EXPECT_EQ(request.target, "/v1/health/service/a%2Fb%3Fc?consistent&ns=team%20a");
    EXPECT_EQ(request.headers.find("X-Consul-Token"), "secret");
    EXPECT_EQ(request.headers.find("Authorization"), "Basic dXNlcjpwYXNz");
  });
}

TEST(ConsulRequest, ADeniedTokenIsRejectedWithConsulsWords) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("*", "/*", HttpResponse(403, "ACL not found\n"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto read = co_await consul.catalog().instances("web", soon());
    EXPECT_EQ(read.error().code, Errc::Rejected);
    EXPECT_THAT(read.error().what, HasSubstr("403 \"ACL not found\" (check the ACL token)"));
    std::vector<Operation> put{Put{"a", "1"}};
    auto written = co_await consul.key_value().transact(std::move(put), soon());
    EXPECT_EQ(written.error().code, Errc::Rejected);
  });
}

/// Nodes and services, each answer late.
Task<HttpResponse> answer_slowly(HttpRequest request) {
  static int index = 10;
  co_await sleep_for(100ms);
  bool nodes = request.target.contains("/nodes");
  co_return answer(nodes ? R"([{"Node":"n","Address":"10.0.0.1"}])"
                   : request.target.contains("/node/")
                       ? R"({"Node":{"Node":"n","Address":"10.0.0.1"},"Services":{}})"
                       : R"({"consul":[]})",
                   std::to_string(++index));
}

TEST(ConsulCatalog, ASlowConsulIsAskedForAddressesAgainSoon) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/*", answer_slowly);
    Consul consul(executor, options_for({server.endpoint()}));
    auto first = co_await must(consul.catalog().addresses(0, soon()));
    auto second = co_await consul.catalog().addresses(first.index, Deadline::after(2s));
    EXPECT_TRUE(second) << second.error().what;
  });
}

/// A node with so many services that reading them is followed by a pause.
Task<HttpResponse> answer_with_many(HttpRequest request) {
  std::string services;
  for (int n = 0; n < 20'000; ++n)
    services += fmt::format(R"({}"{}":{{"ID":"{}","Service":"s","Port":80}})", n == 0 ? "" : ",", n, n);
  bool nodes = request.target.contains("/nodes");
  co_return answer(nodes ? R"([{"Node":"n","Address":"10.0.0.1"}])"
                   : request.target.contains("/node/")
                       ? R"({"Node":{"Node":"n","Address":"10.0.0.1"},"Services":{)" + services + "}}"
                       : R"({"s":[]})",
                   "277");
}

/// What was restarted in the pause counts from 1: a blocking query with an index from before would sleep.
TEST(ConsulCatalog, AnIndexFromBeforeADisturbanceIsNotWaitedFor) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/*", answer_with_many);
    server.on("GET", "/v1/health/service/web", HttpResponse(500, "rpc error: EOF"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto first = co_await must(consul.catalog().addresses(0, soon()));
    auto disturb = [](Consul* restarted) -> Task<> {
      co_await sleep_for(20ms);
      (void)co_await restarted->catalog().instances("web", soon());
    };
    spawn(executor, disturb(&consul), "disturb");
    co_await must(consul.catalog().addresses(first.index, soon()));
    std::string last;
    for (const auto& request : server.requests())
      if (request.target.starts_with("/v1/catalog/services")) last = request.target;
    EXPECT_THAT(last, Not(HasSubstr("index=")));
  });
}

// ------------------------------------------------------------------------------------------- several agents

TEST(ConsulFailOver, ADeadAgentIsPassedOverAndTheNextOneKept) {
  play([](Executor executor) -> Task<> {
    HttpImposter second(executor);
    second.on("GET", "/v1/health/service/web", answer(kOne));
    Consul consul(executor, options_for({nobody(executor), second.endpoint()}));
    auto count = co_await count_instances(&consul);
    EXPECT_EQ(count, 1u);
  });
}

/// A Consul that does as it is told, and whose answer gets lost on the way.
TEST(ConsulWrite, IsAskedForAgainWhenItsAnswerIsLost) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("PUT", "/v1/txn", HttpResponse(500, "rpc error: EOF"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto restore = [](HttpImposter* there) -> Task<> {
      co_await sleep_for(50ms);
      there->on("PUT", "/v1/txn",
                answer(R"({"Results":[{"KV":{"Key":"a","ModifyIndex":7}}],"Errors":null})"));
    };
    spawn(executor, restore(&server), "restore");
    std::vector<Operation> put{Put{"a", "1"}};
    auto version = co_await must(consul.key_value().transact(std::move(put), soon()));
    EXPECT_EQ(version, 7U);
    EXPECT_GE(server.requests().size(), 2U);
  });
}

TEST(ConsulWrite, WithoutAnyAnswerItsOutcomeIsUnknown) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("PUT", "/v1/txn", answer_late);
    Consul consul(executor, options_for({server.endpoint()}));
    std::vector<Operation> put{Put{"a", "1"}};
    auto written = co_await consul.key_value().transact(put, Deadline::after(20ms));
    EXPECT_EQ(written.error().code, Errc::OutcomeUnknown);
    Consul nowhere(executor, options_for({nobody(executor)}));
    written = co_await nowhere.key_value().transact(put, soon());
    EXPECT_EQ(written.error().code, Errc::Unavailable) << "nothing was sent";
  });
}

TEST(ConsulWrite, WithoutALeaderNothingWasBegun) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("PUT", "/v1/txn", HttpResponse(500, "No cluster leader"));
    Consul consul(executor, options_for({server.endpoint()}));
    std::vector<Operation> put{Put{"a", "1"}};
    auto written = co_await consul.key_value().transact(std::move(put), soon());
    EXPECT_EQ(written.error().code, Errc::Unavailable);
    EXPECT_EQ(server.requests().size(), 1U);
  });
}

TEST(ConsulFailOver, AServerErrorAndALimitPassOnToo) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor), third(executor);
    first.on("*", "/*", HttpResponse(500, "No cluster leader"));
    second.on("*", "/*", HttpResponse(429, "Your IP is issuing too many concurrent connections"));
    third.on("GET", "/v1/health/service/web", answer(kOne));
    Consul consul(executor, options_for({first.endpoint(), second.endpoint(), third.endpoint()}));
    co_await count_instances(&consul);
    co_await count_instances(&consul);
    EXPECT_EQ(first.requests().size(), 1u) << "the third is kept for the second read";
    EXPECT_EQ(third.requests().size(), 2u);
  });
}

TEST(ConsulFailOver, AHangingAgentLeavesTimeForTheNext) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor);
    first.on("*", "/*", answer_late);
    second.on("GET", "/v1/health/service/web", answer(kOne));
    Consul consul(executor, options_for({first.endpoint(), second.endpoint()}));
    auto count = co_await count_instances(&consul, Deadline::after(600ms));
    EXPECT_EQ(count, 1u);
  });
}

TEST(ConsulFailOver, AnAgentWithoutALeaderIsNotBelieved) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor);
    first.on("*", "/*", HttpResponse(200, "[]", {{"X-Consul-Knownleader", "false"}}));
    second.on("GET", "/v1/health/service/web", answer(kOne));
    Consul both(executor, options_for({first.endpoint(), second.endpoint()}));
    auto count = co_await count_instances(&both);
    EXPECT_EQ(count, 1u);
    Consul alone(executor, options_for({first.endpoint()}));
    auto read = co_await alone.catalog().instances("web", soon());
    EXPECT_EQ(read.error().code, Errc::Unavailable);
    EXPECT_THAT(read.error().what, HasSubstr("knows no leader"));
  });
}

TEST(ConsulFailOver, WhenAllFailTheLastReasonIsGiven) {
  play([](Executor executor) -> Task<> {
    HttpImposter second(executor);
    second.on("*", "/*", HttpResponse(500, "rpc error: no path to region\n"));
    Consul consul(executor, options_for({nobody(executor), second.endpoint()}));
    auto read = co_await consul.catalog().instances("web", soon());
    EXPECT_EQ(read.error().code, Errc::Unavailable);
    EXPECT_THAT(read.error().what, HasSubstr("500 \"rpc error: no path to region\""));
  });
}

TEST(ConsulFailOver, ReturnsToThePreferredAgentAfterAWhile) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor);
    first.on("GET", "/v1/health/service/web", answer(kOne));
    second.on("GET", "/v1/health/service/web", answer(kOne));
    auto options = options_for({first.endpoint(), second.endpoint()});
    options.return_after = 50ms;
    Consul consul(executor, options);
    first.stop();
    co_await count_instances(&consul);
    EXPECT_EQ(second.requests().size(), 1u);
    first.start_again();
    co_await sleep_for(60ms);
    co_await count_instances(&consul);
    EXPECT_EQ(first.requests().size(), 1u);
    EXPECT_EQ(second.requests().size(), 1u);
  });
}

// ----------------------------------------------------------------------------------------- empty answers

TEST(ConsulEmptyAnswer, OfATokenWithoutRightsIsAnError) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/v1/health/service/web", answer("[]"));
    server.on("GET", "/v1/agent/health/service/name/web", HttpResponse(403, "Permission denied"));
    server.on("GET", "/v1/kv/docker-flow/?recurse&consistent", answer("", "10", 404));
    server.on("GET", "/v1/kv/docker-flow/?consistent", HttpResponse(403, "Permission denied"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto instances = co_await must_fail(consul.catalog().instances("web", soon()));
    EXPECT_EQ(instances, Errc::Rejected);
    auto keys = co_await must_fail(consul.key_value().list("docker-flow/", soon()));
    EXPECT_EQ(keys, Errc::Rejected);
  });
}

TEST(ConsulEmptyAnswer, OfAKnownServiceIsReadAgain) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/v1/health/service/web", answer(kOne));
    server.on("GET", "/v1/agent/health/service/name/web", HttpResponse(404));
    Consul consul(executor, options_for({server.endpoint()}));
    co_await count_instances(&consul);
    server.on_next("GET", "/v1/health/service/web", answer("[]"));
    auto count = co_await count_instances(&consul);
    EXPECT_EQ(count, 1u) << "a single empty answer is not believed";
    server.on_next("GET", "/v1/health/service/web", answer("[]"), 2);
    count = co_await count_instances(&consul);
    EXPECT_EQ(count, 0u) << "two are";
  });
}

TEST(ConsulEmptyAnswer, OfAnUnknownServiceIsReadOnce) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/v1/health/service/web", answer("[]"));
    server.on("GET", "/v1/agent/health/service/name/web", HttpResponse(404, "ServiceId web not found"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto count = co_await count_instances(&consul);
    EXPECT_EQ(count, 0u);
    EXPECT_EQ(server.count("GET", "/v1/health/service/web"), 1u);
  });
}

TEST(ConsulAnswer, ThatIsNotJsonIsAnErrorAndNotAnEmptyList) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/*", HttpResponse(200, "<html>a captive portal</html>"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto instances = co_await must_fail(consul.catalog().instances("web", soon()));
    EXPECT_EQ(instances, Errc::Rejected);
    auto keys = co_await must_fail(consul.key_value().list("docker-flow/", soon()));
    EXPECT_EQ(keys, Errc::Rejected);
  });
}

// ------------------------------------------------------------------------------------------------ watching

constexpr auto kNames = "/v1/kv/p/?keys&separator=/*";

/// Blocks like Consul when nothing changes: for the time that it is told.
Task<HttpResponse> still_blocked(HttpRequest request) {
  auto at = request.target.find("&wait=");
  if (at != std::string::npos)
    co_await sleep_for(std::chrono::milliseconds(std::stoi(request.target.substr(at + 6))));
  co_return answer("[]", "50");
}

TEST(ConsulWatch, AnIndexThatFellIsToldAtOnce) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, answer("[]", "11"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto index = co_await must(consul.key_value().wait("p/", 67, soon()));
    EXPECT_EQ(index, 11u);
    EXPECT_THAT(server.requests().at(0).target, Not(HasSubstr("index=")))
        << "an unconfirmed index is not waited with";
  });
}

/// Was restarted, and counts from 1 again; blocks with an index that it has not reached.
Task<HttpResponse> restarted(HttpRequest request) {
  auto at = request.target.find("&wait=");
  if (at != std::string::npos)
    co_await sleep_for(std::chrono::milliseconds(std::stoi(request.target.substr(at + 6))));
  co_return answer("[]", "30");
}

TEST(ConsulWatch, AnIndexOfAFormerLifeIsNotWaitedForLong) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, answer("[]", "131"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto known = co_await must(consul.key_value().wait("p/", 1, soon()));
    EXPECT_EQ(known, 131u);
    server.on("GET", kNames, restarted);  // no connection has broken
    auto began = Clock::now();
    auto index = co_await must(consul.key_value().wait("p/", known, Deadline::after(55s)));
    EXPECT_EQ(index, 30u);
    EXPECT_LT(Clock::now() - began, 10s);
  });
}

TEST(ConsulWatch, UnchangedAnswersEndWithATimeoutAtTheDeadline) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, still_blocked);
    Consul consul(executor, options_for({server.endpoint()}));
    auto began = Clock::now();
    auto code = co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(700ms)));
    EXPECT_EQ(code, Errc::Timeout);
    EXPECT_GE(Clock::now() - began, 650ms);
    EXPECT_THAT(server.requests().at(1).target, HasSubstr("index=50&wait="));
  });
}

Task<> cancel_later(Consul* consul) {
  co_await sleep_for(100ms);
  consul->cancel();
}

TEST(ConsulWatch, EndsWhenItIsCancelledAndCanBeAskedAgain) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, still_blocked);
    Consul consul(executor, options_for({server.endpoint()}));
    spawn(executor, cancel_later(&consul), "cancel_later");
    auto code = co_await must_fail(consul.key_value().wait("p/", 50, soon()));
    EXPECT_EQ(code, Errc::Cancelled);
    auto again = co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(200ms)));
    EXPECT_EQ(again, Errc::Timeout);
  });
}

TEST(ConsulWatch, AMissingIndexNeverBecomesZero) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, HttpResponse(404));
    Consul consul(executor, options_for({server.endpoint()}));
    auto index = co_await must(consul.key_value().wait("p/", 5, soon()));
    EXPECT_EQ(index, 1u);
  });
}

TEST(ConsulWatch, AfterABrokenConnectionTheIndexIsConfirmed) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, still_blocked);
    Consul consul(executor, options_for({server.endpoint()}));
    co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(200ms)));
    server.stop();
    auto code = co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(2s)));
    EXPECT_EQ(code, Errc::Unavailable) << "an agent that is gone is not 'nothing has changed'";
    server.start_again();
    server.on("GET", kNames, answer("[]", "11"));
    auto began = Clock::now();
    auto index = co_await must(consul.key_value().wait("p/", 50, Deadline::after(10s)));
    EXPECT_EQ(index, 11u);
    EXPECT_LT(Clock::now() - began, 2s);
  });
}

TEST(ConsulWatch, FailsOverAndGoesOnWhenNothingChanged) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor);
    first.on("GET", kNames, still_blocked);
    second.on("GET", kNames, still_blocked);
    Consul consul(executor, options_for({first.endpoint(), second.endpoint()}));
    co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(200ms)));
    first.stop();
    auto code = co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(500ms)));
    EXPECT_EQ(code, Errc::Timeout);
    EXPECT_THAT(second.requests().at(0).target, Not(HasSubstr("index=")));
    EXPECT_THAT(second.requests().at(1).target, HasSubstr("index=50"));
  });
}

TEST(ConsulWatch, AnAgentThatNeverAnswersIsNotNothingChanged) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", kNames, answer("[]", "50"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto index = co_await must(consul.key_value().wait("p/", 0, soon()));
    EXPECT_EQ(index, 50u);
    server.on("GET", kNames, answer_late);
    auto code = co_await must_fail(consul.key_value().wait("p/", 50, Deadline::after(500ms)));
    EXPECT_EQ(code, Errc::Unavailable);
  });
}

// ------------------------------------------------------------------------------------------------- writing

std::vector<Operation> guarded_put() { return {PutIfVersion{"a", "mine", 7}}; }

TEST(ConsulWrite, AConflictAfterALostAnswerIsOurOwnWriteIfTheValueIsOurs) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor);
    first.on("PUT", "/v1/txn", HttpResponse(500, "rpc error: connection reset"));  // after it was applied
    second.on("PUT", "/v1/txn",
              HttpResponse(409, R"({"Errors":[{"OpIndex":0,"What":"failed index check"}]})"));
    second.on("GET", "/v1/kv/a", answer(R"([{"Key":"a","Value":"bWluZQ==","ModifyIndex":12}])"));
    Consul consul(executor, options_for({first.endpoint(), second.endpoint()}));
    auto version = co_await must(consul.key_value().transact(guarded_put(), soon()));
    EXPECT_EQ(version, 12u);
  });
}

TEST(ConsulWrite, AConflictAfterALostAnswerWithAnotherValueStaysAConflict) {
  play([](Executor executor) -> Task<> {
    HttpImposter first(executor), second(executor);
    first.on("PUT", "/v1/txn", HttpResponse(500));
    second.on("PUT", "/v1/txn",
              HttpResponse(409, R"({"Errors":[{"OpIndex":0,"What":"failed index check"}]})"));
    second.on("GET", "/v1/kv/a", answer(R"([{"Key":"a","Value":"dGhlaXJz","ModifyIndex":12}])"));
    Consul consul(executor, options_for({first.endpoint(), second.endpoint()}));
    auto code = co_await must_fail(consul.key_value().transact(guarded_put(), soon()));
    EXPECT_EQ(code, Errc::Conflict);
  });
}

TEST(ConsulWrite, APlainConflictIsNotReadBack) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("PUT", "/v1/txn",
              HttpResponse(409, R"({"Errors":[{"OpIndex":0,"What":"failed index check"}]})"));
    Consul consul(executor, options_for({server.endpoint()}));
    auto code = co_await must_fail(consul.key_value().transact(guarded_put(), soon()));
    EXPECT_EQ(code, Errc::Conflict);
    EXPECT_EQ(server.requests().size(), 1u);
  });
}

TEST(ConsulWrite, NewerAgentsSay404WhenAnInstanceIsGoneAlready) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/v1/agent/services", answer(R"({"a": {"ID": "a", "Service": "web", "Port": 80}})"));
    server.on("PUT", "/v1/agent/service/deregister/a", HttpResponse(404, "Unknown service ID"));
    server.on("GET", "/v1/health/service/web", answer("[]"));
    server.on("GET", "/v1/agent/health/service/name/web", HttpResponse(404));
    Consul consul(executor, options_for({server.endpoint()}));
    co_await must(consul.registrar().remove("web", "", "a", soon()));
  });
}

TEST(ConsulWrite, AnInstanceOfAnotherAgentIsNotRemovedHere) {
  play([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/v1/agent/services", answer("{}"));
    server.on("GET", "/v1/health/service/web", answer(kOne));
    Consul consul(executor, options_for({server.endpoint()}));
    auto removed = co_await consul.registrar().remove("web", "n", "a", soon());
    EXPECT_EQ(removed.error().code, Errc::Rejected);
    EXPECT_THAT(removed.error().what, HasSubstr("with the agent of node n"));
  });
}

// ---------------------------------------------------------------------------------------------------- TLS

class ConsulTls : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "dfp-consul-tls-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    authority_.emplace(folder_);
    server_ = authority_->issue("server", "DNS:server.dc1.consul");
    client_ = authority_->issue("client", "");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::vector<model::Instance>> read(net::TlsOptions tls) {
    return dfp::testing::run([&](Executor executor) { return read_over_tls(executor, this, tls); });
  }

  static Task<HttpResponse> serve(HttpRequest) { co_return answer(kOne); }

  static Task<Result<std::vector<model::Instance>>> read_over_tls(Executor executor, ConsulTls* test,
                                                                  net::TlsOptions tls) {
    net::HttpServer server(executor, serve);
    auto listening = server.listen_tls(
        {"127.0.0.1", 0}, {test->server_.cert_file, test->server_.key_file, test->authority_->ca_file()});
    if (!listening) co_return std::unexpected(listening.error());
    auto options = options_for({{net::Endpoint::Kind::Tls, "127.0.0.1", server.port()}});
    options.tls = std::move(tls);
    Consul consul(executor, options);
    co_return co_await consul.catalog().instances("web", soon());
  }

  net::TlsOptions good_options() const {
    return {.ca_file = authority_->ca_file(),
            .ca_path = {},
            .cert_file = client_.cert_file,
            .key_file = client_.key_file,
            .server_name = "server.dc1.consul",
            .verify = true};
  }

  std::filesystem::path folder_;
  std::optional<net::testing::CertificateAuthority> authority_;
  net::testing::CertificateFiles server_, client_;
};

TEST_F(ConsulTls, WorksWithAClientCertificateAndTheUsualServerName) {
  auto instances = read(good_options());
  ASSERT_TRUE(instances) << instances.error().what;
  EXPECT_EQ(instances->size(), 1u);
}

TEST_F(ConsulTls, AWrongNameOrAnUnknownAuthorityIsRefusedUnlessVerificationIsOff) {
  auto options = good_options();
  options.server_name = "";
  EXPECT_FALSE(read(options));
  options.verify = false;
  EXPECT_TRUE(read(options));
}

TEST_F(ConsulTls, WithoutAClientCertificateTheServerRefuses) {
  auto options = good_options();
  options.cert_file = options.key_file = "";
  EXPECT_FALSE(read(options));
}

}  // namespace
}  // namespace dfp::registry::consul
