#pragma once
#include <string>

#include "base/result.hpp"
#include "cli/command.hpp"
#include "net/tls_options.hpp"
#include "settings/load.hpp"

namespace dfp::cli {

/// How the commands reach the API, as options say it.
struct ApiAccess {
  std::string api;         ///< empty: find_api()
  std::string token_file;  ///< the first word of the first line that is no comment
  net::TlsOptions tls;
};

void add_access_options(CLI::App& command, ApiAccess& access);

/// DFP_API; else the unix socket of the server on this machine where this user may open it (it asks for no
/// token); else where a server with this environment listens, as in a container; else 127.0.0.1:8080.
std::string find_api(const settings::Texts& environment);

/// Of --token-file or DFP_API_TOKEN; empty: none. @return InvalidArgument naming a file without one.
Result<std::string> find_token(const ApiAccess& access, const settings::Texts& environment);

/// Of the options, else of DFP_API_CA, DFP_API_CERT and DFP_API_KEY.
net::TlsOptions find_tls(const ApiAccess& access, const settings::Texts& environment);

}  // namespace dfp::cli
