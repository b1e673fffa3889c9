#pragma once
#include "base/result.hpp"
#include "model/desired_state.hpp"

namespace dfp::haproxy {

/// An error about the rendered text of a service, with its template: "line 7 (x): REASON" becomes
/// "service go-demo: template /t/go-demo.tmpl: rendered line 7 (x): REASON".
Error template_error(const model::Service& service, const Error& cause);

}  // namespace dfp::haproxy
