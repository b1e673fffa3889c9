#pragma once
#include <map>
#include <string>
#include <string_view>

#include "haproxy/runtime/live_state.hpp"
#include "model/desired_state.hpp"

/// The services of a worker that outlived its control plane, as it serves them itself: the last source where
/// neither the registry nor the last known state says what a service is. What HAProxy does not hold is not
/// known: a service's colour in a spare backend, its aclName, `watch`, and who its instances are.
namespace dfp::haproxy {
using runtime::LiveState;

/// What the rendered template of a service was, by service: HAProxy holds only what became of it.
using FoundTemplates = std::map<std::string, model::Service>;
/// The file beside haproxy.cfg that keeps them. Templates change with a reload only, and so does the file.
inline constexpr std::string_view kTemplatesFile = "templates.json";
/// "" when no service has a template.
std::string render_templates(const model::DesiredState& state);
/// Whatever cannot be read is left out.
FoundTemplates parse_templates(std::string_view text);

/// The services of a worker, with changed_by reconcile::kFoundAuthor and revision 0. A change that was under
/// way counts as its flags say. Served from this state, the worker needs no change. Pure; linear.
model::DesiredState services_of(const LiveState& live, const FoundTemplates& templates);

}  // namespace dfp::haproxy
