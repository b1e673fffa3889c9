#include "template/consul/consul_template.hpp"

#include "template/consul/functions.hpp"

namespace dfp::tmpl::consul {

std::expected<ConsulTemplate, TemplateError> ConsulTemplate::parse(std::string name, std::string text,
                                                                   ParseOptions options) {
  options.refused.insert(refused_functions().begin(), refused_functions().end());
  auto parsed = Template::parse(std::move(name), std::move(text), functions(), options);
  if (!parsed) return std::unexpected(parsed.error());
  return ConsulTemplate(std::move(*parsed));
}

Evaluation ConsulTemplate::evaluate(const Snapshot& known, const Surroundings& surroundings,
                                    const EvaluateOptions& options) const {
  Session session(known, surroundings, options.now);
  auto text = template_.render(options.data, {options.missing_key, options.limits, &session});
  return {std::move(text), session.used(), session.missing(), session.awaited()};
}

}  // namespace dfp::tmpl::consul
