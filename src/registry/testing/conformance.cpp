#include "registry/testing/conformance.hpp"

#include <unistd.h>

#include "base/testing.hpp"

namespace dfp::registry::testing {

void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

std::string backend_name(const ::testing::TestParamInfo<Backend>& info) { return info.param.name; }

model::Instance World::instance(const std::string& name, std::uint16_t port) const {
  model::Instance made;
  made.service = scope + "-" + name;
  made.node = node;
  made.id = made.service + "-" + std::to_string(port);
  made.address = "127.0.0.1";
  made.port = port;
  return made;
}

void Conformance::SetUp() {
  if (!GetParam().why_skip.empty()) GTEST_SKIP() << GetParam().why_skip;
}

void Conformance::play(Scenario scenario) {
  static int counter = 0;
  auto scope = "t" + std::to_string(getpid()) + "-" + std::to_string(++counter);
  auto& backend = GetParam();
  dfp::testing::run([&](Executor executor) {
    std::shared_ptr<Subject> subject = backend.open(executor);
    return scenario(World{executor, std::move(subject), scope, backend.node});
  });
}

}  // namespace dfp::registry::testing
