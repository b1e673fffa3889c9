#pragma once
#include <memory>

#include "base/task.hpp"
#include "registry/catalog.hpp"
#include "registry/consul/options.hpp"
#include "registry/key_value.hpp"
#include "registry/registrar.hpp"
#include "registry/template_source.hpp"

namespace dfp::registry::consul {

/// Consul as a registry: 1.0 and newer, tested with 1.8. Making one opens no connection.
class Consul {
 public:
  Consul(Executor executor, ConsulOptions options);
  /// No operation may be under way.
  ~Consul();
  Consul(const Consul&) = delete;
  Consul& operator=(const Consul&) = delete;

  /// Confirms answers that show less than before (ConfirmedCatalog).
  Catalog& catalog();
  KeyValue& key_value();
  Registrar& registrar();
  TemplateSource& template_source();
  /// Ends every operation under way with Cancelled.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfp::registry::consul
