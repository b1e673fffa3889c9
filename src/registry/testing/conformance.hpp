#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/deadline.hpp"
#include "base/task.hpp"
#include "registry/catalog.hpp"
#include "registry/key_value.hpp"
#include "registry/registrar.hpp"

/// What every registry must do, as tests. An implementation instantiates the suites in its own test
/// program and links dfp::registry_conformance:
///
///     INSTANTIATE_TEST_SUITE_P(Embedded, KeyValueConformance, ::testing::Values(backend()), backend_name);
namespace dfp::registry::testing {

/// An open registry, for one test.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Catalog& catalog() = 0;
  virtual KeyValue& key_value() = 0;
  virtual Registrar& registrar() = 0;
};

/// A kind of registry under test.
struct Backend {
  std::string name;
  std::function<std::unique_ptr<Subject>(Executor)> open;
  std::string node = "node-1";  ///< the node that instances are registered on
  std::string why_skip;         ///< not empty: the tests are skipped and this is the reason
};
void PrintTo(const Backend& backend, std::ostream* out);
std::string backend_name(const ::testing::TestParamInfo<Backend>& info);

/// What one test works with. `scope` is unique among all tests: prefix of its keys and service names, so that
/// tests may share a server.
struct World {
  Executor executor;
  std::shared_ptr<Subject> subject;
  std::string scope;
  std::string node;

  Catalog& catalog() const { return subject->catalog(); }
  KeyValue& kv() const { return subject->key_value(); }
  Registrar& registrar() const { return subject->registrar(); }
  /// "SCOPE/NAME".
  std::string key(const std::string& name) const { return scope + "/" + name; }
  /// An instance of service "SCOPE-NAME" at 127.0.0.1:PORT with id "SCOPE-NAME-PORT".
  model::Instance instance(const std::string& name, std::uint16_t port) const;
};

class Conformance : public ::testing::TestWithParam<Backend> {
 public:
  using Scenario = Task<> (*)(World);

 protected:
  void SetUp() override;
  /// Opens the registry and runs a scenario to its end.
  void play(Scenario scenario);
};
class CatalogConformance : public Conformance {};
class KeyValueConformance : public Conformance {};
class RegistrarConformance : public Conformance {};
class DefinitionStoreConformance : public Conformance {};
/// enroll(), renew() and registered().
class RegistrationConformance : public Conformance {};

/// Long enough for any single operation of a healthy registry.
inline Deadline soon() { return Deadline::after(std::chrono::seconds(20)); }

/// The value of an operation that has to succeed; the test fails with the operation's error otherwise.
template <class T>
Task<T> must(Task<Result<T>> operation) {
  auto result = co_await std::move(operation);
  if (!result) throw std::runtime_error("failed: " + result.error().what);
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

/// The error code of an operation that has to fail.
template <class T>
Task<Errc> must_fail(Task<Result<T>> operation) {
  auto result = co_await std::move(operation);
  if (result) throw std::runtime_error("succeeded, though it had to fail");
  co_return result.error().code;
}

}  // namespace dfp::registry::testing
