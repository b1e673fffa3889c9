#pragma once
#include <functional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "haproxy/config/template/sections.hpp"

/// What a template may write into haproxy.cfg: the kinds of section and the keywords that are listed here
/// (anything else is refused, also what a newer HAProxy may bring), without the arguments that read files or
/// environment variables, run programs or Lua, reach HAProxy's own sockets, or touch what belongs to others.
/// `haproxy -c` is no such guard: it loads Lua and reads files itself.
namespace dfp::haproxy::config {

/// Names of refusals that the operator has lifted, as error messages give them: "crt", "http-errors", "map".
using Allowed = std::set<std::string, std::less<>>;

/// @return InvalidArgument with line, reason and the name of the refusal.
Result<> check_permitted(const Section& section, const Allowed& allowed);

/// Whether a word tells HAProxy to do `name`, as a sample fetch, a converter or an action: "map" in
/// "path,map(x)", "set-var" in "set-var(txn.x)"; `name` may end in '*' for any name that begins like that.
/// @param argument the call's argument begins with this.
bool calls(std::string_view word, std::string_view name, std::string_view argument = "");

}  // namespace dfp::haproxy::config
