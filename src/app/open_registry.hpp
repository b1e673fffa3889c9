#pragma once
#include <memory>

#include "base/task.hpp"
#include "registry/catalog.hpp"
#include "registry/key_value.hpp"
#include "registry/registrar.hpp"
#include "registry/template_source.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// The registry that the settings name, whatever its technology.
class OpenRegistry {
 public:
  virtual ~OpenRegistry() = default;
  virtual registry::Catalog& catalog() = 0;
  virtual registry::KeyValue& key_value() = 0;
  virtual registry::Registrar& registrar() = 0;
  virtual registry::TemplateSource& template_source() = 0;
  /// Ends what waits for a change of the registry with Cancelled.
  virtual void cancel() = 0;
};

/// Blocks for a moment. @return Unavailable or Rejected when the embedded database cannot be opened. Consul
/// need not be reachable yet.
Result<std::unique_ptr<OpenRegistry>> open_registry(Executor executor, const settings::Settings& settings);

}  // namespace dfp::app
