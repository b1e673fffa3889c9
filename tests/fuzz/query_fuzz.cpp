// A request target: never crashes, and what was understood means the same after it was written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "net/query.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dfp;
  auto target = net::parse_target({reinterpret_cast<const char*>(data), size});
  if (!target) {
    if (target.error().code != Errc::InvalidArgument || !text::is_valid_utf8(target.error().what))
      std::abort();
    return 0;
  }
  auto again =
      net::parse_target(text::percent_encode(target->path, "/") + "?" + net::encode_query(target->query));
  if (!again || again->path != target->path || again->query != target->query) std::abort();
  return 0;
}
