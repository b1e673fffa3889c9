// What somebody else writes into the registry: any bytes give a record or an error, and a record survives
// being written.
#include <cstdlib>

#include "registry/legacy_keys.hpp"
#include "registry/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace dfp;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto record = registry::parse_record(text, "x")) {
    auto again = registry::parse_record(registry::render_record(*record), "x");
    if (!again || *again != *record) std::abort();
  }
  registry::LegacyValues values;
  for (std::size_t i = 0; i < values.size() && !text.empty(); ++i) {
    auto end = std::min(text.find('\n'), text.size());
    values[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  model::Definition base;
  base.service = "x";
  if (auto definition = registry::apply_legacy(base, values)) {
    // Written as keys and read again, it is the same.
    auto again = registry::apply_legacy(base, registry::render_legacy(*definition));
    if (!again || *again != *definition) std::abort();
  }
  return 0;
}
