// A query string, as it comes from the network, decoded into a definition: never a crash, and what is
// accepted is clean.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/json.hpp"
#include "base/text.hpp"
#include "net/query.hpp"
#include "parameters/table.hpp"

namespace {

/// A broken promise ends the process, so that the fuzzer keeps the input.
void require(bool promise) {
  if (!promise) std::abort();
}

bool is_clean(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == 0x7F) return false;
  return dfp::text::is_valid_utf8(text);
}

void check_accepted(const dfp::model::Definition& definition) {
  require(dfp::model::validate(definition).has_value());
  auto pairs = dfp::parameters::encode(definition);
  for (const auto& [name, text] : pairs) require(is_clean(text));
  auto again = dfp::parameters::decode_reconfigure(pairs);
  require(again.has_value() && again->definition == definition);
  boost::system::error_code error;
  boost::json::parse(dfp::api::render_json(dfp::api::definition_json(definition)), error);
  require(!error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string target = "/v1/docker-flow-proxy/reconfigure?";
  target.append(reinterpret_cast<const char*>(data), size);
  auto parsed = dfp::net::parse_target(target);
  if (!parsed) {
    require(is_clean(parsed.error().what));
    return 0;
  }
  auto request = dfp::parameters::decode_reconfigure(parsed->query);
  if (request)
    check_accepted(request->definition);
  else
    require(is_clean(request.error().what));
  return 0;
}
