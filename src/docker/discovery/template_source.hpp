#pragma once
#include <string>

#include "docker/discovery/catalog.hpp"
#include "registry/plain_template_source.hpp"

namespace dfp::docker::discovery {

/// What templates ask: services of the engine are answered by it, everything else by the registry.
class DockerTemplateSource : public registry::PlainTemplateSource {
 public:
  /// All must outlive it. @param catalog of `engine` @param others the registry's own source
  /// @param key_value the registry's
  DockerTemplateSource(Source& engine, DockerCatalog& catalog, TemplateSource& others,
                       registry::KeyValue& key_value)
      : PlainTemplateSource(catalog, key_value, ""), engine_(engine), others_(others) {}

  Task<Result<registry::SourceAnswer>> ask(registry::Question question, Deadline deadline) override;
  Task<Result<>> wait(registry::Question question, std::uint64_t index, Deadline deadline) override;

 private:
  Task<Result<registry::SourceAnswer>> service(registry::ServiceQuestion question, Deadline deadline);
  Task<Result<registry::SourceAnswer>> services(registry::ServicesQuestion question, Deadline deadline);

  Source& engine_;
  TemplateSource& others_;
};

}  // namespace dfp::docker::discovery
