#pragma once
#include <chrono>
#include <set>
#include <string>

#include "registry/template_source.hpp"
#include "template/consul/session.hpp"
#include "template/template.hpp"

namespace dfp::tmpl::consul {

struct EvaluateOptions {
  Value data = {};  ///< the cursor at the top
  /// Consul Template's own setting; MissingKey::Error is its error_on_missing_key.
  MissingKey missing_key = MissingKey::Zero;
  Limits limits = {};
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();  ///< what `timestamp` says
};

/// What came of one evaluation. The text counts only if nothing is missing or awaited.
struct Evaluation {
  std::expected<std::string, TemplateError> text;
  std::set<registry::Question> used;
  std::set<registry::Question> missing;  ///< to be asked; then evaluate again
  std::set<std::string> awaited;         ///< what does not exist yet: "the key "app/x" does not exist"

  bool complete() const { return missing.empty() && awaited.empty(); }
};

/// A parsed Consul Template. Immutable.
class ConsulTemplate {
 public:
  /// Refuses functions that are not offered, with name and line.
  static std::expected<ConsulTemplate, TemplateError> parse(std::string name, std::string text,
                                                            ParseOptions options = {});

  /// Pure: takes what is known, says what else is needed. A question that is not answered yet counts as
  /// empty.
  Evaluation evaluate(const Snapshot& known, const Surroundings& surroundings,
                      const EvaluateOptions& options) const;

  const std::string& name() const { return template_.name(); }

 private:
  explicit ConsulTemplate(Template parsed) : template_(std::move(parsed)) {}
  Template template_;
};

}  // namespace dfp::tmpl::consul
