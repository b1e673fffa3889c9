#pragma once
#include <set>
#include <string>
#include <string_view>

#include "haproxy/config/template/fold.hpp"

namespace dfp::haproxy::config {

/// Adds the lines of a template's frontend to what its fragment contributes to `frontend dfp:services`. ACL
/// names get `prefix`; every rule needs a condition and a backend of the template's own.
/// @return InvalidArgument with line and reason for what would touch other services.
Result<> add_shared_rules(const Section& frontend, std::string_view prefix,
                          const std::set<std::string, std::less<>>& backends, Fragment& fragment);

}  // namespace dfp::haproxy::config
