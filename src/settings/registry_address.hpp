#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "settings/settings.hpp"

namespace dfp::settings {

/// The setting `registry`: "embedded[:FILE]", "consul[://HOST:PORT[,HOST:PORT]]", or "consuls://…" for TLS.
/// Without a file or a server that part stays empty. @return InvalidArgument saying what is allowed.
Result<Registry> parse_registry(std::string_view text);
/// The text that parse_registry takes.
std::string render_registry(const Registry& registry);

/// Addresses of Consul as in CONSUL_ADDRESS and CONSUL_HTTP_ADDR: a comma list of HOST[:PORT] with or without
/// http:// or https://, and unix:///path. Port 8500 when absent. Without a scheme it is https if `tls`.
/// @return URLs. Letters of host names are never touched.
Result<std::vector<std::string>> parse_consul_servers(std::string_view text, bool tls);

}  // namespace dfp::settings
