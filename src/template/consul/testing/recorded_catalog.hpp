#pragma once
#include <boost/json/value.hpp>

#include "registry/template_source.hpp"

/// For tests only.
namespace dfp::tmpl::consul::testing {

/// Answers from recorded bodies of Consul's HTTP API by path
/// (tests/golden/template/consul-template-cases.json).
class RecordedCatalog : public registry::TemplateSource {
 public:
  /// @param paths the object `consul` of that file
  explicit RecordedCatalog(boost::json::value paths) : paths_(std::move(paths)) {}

  Task<Result<registry::SourceAnswer>> ask(registry::Question question, Deadline deadline) override;
  /// Nothing ever changes.
  Task<Result<>> wait(registry::Question question, std::uint64_t index, Deadline deadline) override;

  int asked = 0;  ///< how many questions came

 private:
  boost::json::value paths_;
};

}  // namespace dfp::tmpl::consul::testing
