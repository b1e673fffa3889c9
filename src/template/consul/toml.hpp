#pragma once
#include <expected>
#include <string>

#include "template/limits.hpp"
#include "template/value.hpp"

namespace dfp::tmpl::consul::toml {

/// A map as TOML: first the values, then the tables, each sorted by key; tables within tables are indented by
/// two spaces. No line feed at the end. @return the text of the failure, e.g. for a value that is no map
std::expected<void, std::string> write(Sink& sink, const Value& value);

}  // namespace dfp::tmpl::consul::toml
