#include "haproxy/config/policy/strip_path.hpp"

#include "base/text.hpp"

namespace dfp::haproxy::config {

void write_strip_path(ConfigWriter& writer) {
  // With a slash behind, so that only whole segments match.
  writer.line("http-request set-var(txn.strip) be_name,concat(,txn.path,/),map_beg(strip.map)"_k);
  for (unsigned depth = 1; depth <= model::kMaxStripSegments; ++depth) {
    writer.line("http-request set-header X-Forwarded-Prefix %[path,field(1,/,"_k, kGlue, depth + 1, kGlue,
                ")] if { var(txn.strip) -m str"_k, depth, "}"_k);
    writer.line("http-request set-path /%[path,field("_k, kGlue, depth + 2, kGlue,
                ",/,0)] if { var(txn.strip) -m str"_k, depth, "}"_k);
  }
}

void add_strip_path(const model::Destination& destination, std::vector<PolicyEntry>& entries) {
  if (!destination.strip_path) return;
  for (const auto& path : destination.paths) {
    auto depth = model::segments_of(path);
    if (depth == 0) continue;  // "/": nothing to take away
    entries.push_back({kStripMap, path.ends_with('/') ? path : path + "/", std::to_string(depth)});
  }
}

}  // namespace dfp::haproxy::config
