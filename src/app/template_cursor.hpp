#pragma once
#include "model/definition.hpp"
#include "template/value.hpp"

namespace dfp::app {

/// What `.` is in the templates of a definition: the struct of the original's templateFePath, with the fields
/// that this proxy knows: ServiceName, AclName, ServiceColor, ServicePath, ServiceDomain, PathType, Port,
/// SkipCheck, and ServiceDest with the one destination that a definition has.
tmpl::Value template_cursor(const model::Definition& definition);

}  // namespace dfp::app
