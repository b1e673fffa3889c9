#pragma once
#include "haproxy/config/base_text.hpp"
#include "haproxy/config/template/template_texts.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {

/// Variables in which `frontend dfp:services` keeps what it found out about a request.
inline constexpr std::string_view kFrontendVariables[] = {"txn.host",   "txn.path", "txn.flags", "txn.side",
                                                          "txn.parent", "txn.be",   "txn.query"};

/// `frontend dfp:services`, the statistics page and the backend of requests that nobody claims.
///
/// One request: host and path are normalised once; then, for the exact host, each wildcard parent (longest
/// first) and any host, routes.map is searched, and after it patterns.map, until a backend is found.
/// `flags.map` holds one value that says which of these lookups can be left out, and whether a change under
/// way is committed. While a change is under way the values of routes.map and backends.map are "before|after"
/// ("-" for none); the letter 'c' in the flags decides which half counts, read once per request (see
/// change_script.hpp).
/// Rules of custom templates stand behind the lookups and choose before them; see docs/adr.
void write_frontends(ConfigWriter& writer, const Settings& settings, const Surroundings& surroundings,
                     const TemplateTexts& templates);

}  // namespace dfp::haproxy::config
