#pragma once
#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "api/endpoints.hpp"
#include "base/result.hpp"
#include "net/query.hpp"

namespace dfp::cli {

/// The parameters of an endpoint as a command line gives them; the options write here, so it stays in place.
struct ParameterTexts {
  using Values = std::vector<std::string>;
  std::vector<Values> values;  ///< one for each parameter of the endpoint: as often as it was given
  std::map<std::string, Values> indexed;  ///< "servicePath.2" and its like
};

/// Gives a command one flag for each parameter, in both spellings (--service-name, --serviceName). The
/// endpoint's words are taken without a flag, too.
void add_parameter_options(CLI::App& command, const api::Endpoint& endpoint, ParameterTexts& texts);

/// Whether everything is given that is required, so that nobody has to be asked for that.
/// @return InvalidArgument, naming the flags.
Result<> check_required(const api::Endpoint& endpoint, const ParameterTexts& texts);

/// What was given, as the API takes it.
net::QueryPairs query_of(const api::Endpoint& endpoint, const ParameterTexts& texts);

}  // namespace dfp::cli
