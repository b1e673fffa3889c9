#pragma once
#include <map>
#include <string>

#include "base/result.hpp"
#include "haproxy/config/backend.hpp"
#include "haproxy/config/base_text.hpp"
#include "haproxy/config/route_index.hpp"

namespace dfp::haproxy::config {

/// Name -> content of everything HAProxy reads at start.
using FileSet = std::map<std::string, std::string, std::less<>>;

/// Everything that a set of files says.
struct Layout {
  const BaseText& base;
  const std::map<std::string, std::string>& backend_texts;  ///< backend_text of each destination
  const std::map<std::string, std::string>& backend_names;  ///< destination -> its backend in this set
  const RouteIndex& routes;
  const std::vector<std::string>& certificates;
  std::map<std::string_view, std::string> policies = {};  ///< map -> its text
  std::map<Profile, std::size_t> spares = {};
  std::uint64_t generation = 0;
};

/// The files of a layout. Pure; linear in the number of services.
FileSet render(const Layout& layout);

}  // namespace dfp::haproxy::config
