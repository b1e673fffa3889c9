#include "haproxy/config/request_rules.hpp"

namespace dfp::haproxy::config {
namespace {

constexpr auto kIfOdd = "if !{ var(txn.path) -m found }"_k;

void write_host_check(ConfigWriter& writer) {
  // HTTP/1.0 may come without Host, but not with a strange one. Templates have no acl of such a name.
  writer.line("acl ::needs-host req.hdr_cnt(host) gt 0"_k);
  writer.line("acl ::needs-host req.ver 1.1 2.0 3.0"_k);
  writer.line(
      R"(http-request deny deny_status 400 if !{ req.fhdr(host) -m reg '^[A-Za-z0-9._~-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$' } ::needs-host)"_k);
}

/// A header that the rules for odd requests may have to do with. HAProxy has taken "close" and "keep-alive"
/// out of Connection, and the header with them when nothing else is in it.
constexpr auto kOddHeader =
    R"({ req.hdrs -m reg '(?m)\x00|^(?:connection|keep-alive|proxy-connection|upgrade|forwarded|http2-|content-length: *\d{19}|x[-_](?:forw|real))' })"_k;

void write_forwarded_rules(ConfigWriter& writer, const Settings& settings) {
  constexpr auto kDrop = "http-request del-header '^(forwarded$|x[-_](forwarded|real))' -m reg"_k;
  constexpr auto kScheme = "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]"_k;
  if (settings.trusted_proxies.empty()) {
    writer.line(kDrop, kIfOdd);
    writer.line(kScheme, kIfOdd);
    return;
  }
  writer.words("  "_k, kGlue, kDrop, kIfOdd, "!{ src"_k);
  for (const auto& network : settings.trusted_proxies) writer.words(Network{network});
  writer.words("}"_k);
  writer.end_line();
  writer.line(kScheme, kIfOdd, "!{ req.hdr_cnt(X-Forwarded-Proto) gt 0 }"_k);
}

}  // namespace

void write_request_gate(ConfigWriter& writer, const Settings& settings, bool tls) {
  write_host_check(writer);
  writer.line("http-request set-var(txn.path) path if !"_k, kGlue, kOddHeader,
              settings.merge_slashes ? "!{ path -m sub % /. // }"_k : "!{ path -m sub % /. }"_k);
  constexpr auto kSet = "{ var(txn.path) -m found }"_k;
  if (tls)
    writer.line("http-request add-header X-Forwarded-Proto %[ssl_fc,iif(https,http)] if"_k, kSet);
  else
    writer.line("http-request add-header X-Forwarded-Proto http if"_k, kSet);
}

void write_odd_request_rules(ConfigWriter& writer, const Settings& settings) {
  writer.line(R"(http-request deny deny_status 400)"_k, kIfOdd, R"({ req.hdrs -m reg '\x00' })"_k);
  writer.line("http-request deny deny_status 400"_k, kIfOdd, "{ req.fhdr(content-length),length gt 18 }"_k);
  // They end at this proxy; of upgrades only one is known not to be a way around it.
  for (auto header : {"http-request del-header Connection"_k, "http-request del-header Keep-Alive"_k,
                      "http-request del-header Proxy-Connection"_k})
    writer.line(header, kIfOdd);
  writer.line("http-request del-header HTTP2-Settings"_k, kIfOdd);
  writer.line("http-request del-header Upgrade"_k, kIfOdd, "!{ req.fhdr(Upgrade) -m str -i websocket }"_k);
  writer.line("http-request set-header Upgrade websocket"_k, kIfOdd, "{ req.fhdr(Upgrade) -m found }"_k);
  writer.line("http-request set-header Connection Upgrade"_k, kIfOdd, "{ req.fhdr(Upgrade) -m found }"_k);
  write_forwarded_rules(writer, settings);
  // normalize-uri would change the query as well. Without "strict" HAProxy 2.6 ignores these two where they
  // have a condition; with it a '%' that encodes nothing is a 400.
  writer.line("http-request set-var(txn.query) query"_k, kIfOdd);
  writer.line("http-request set-pathq %[path]"_k, kIfOdd, "{ path -m found }"_k);  // not "*"
  writer.line("http-request normalize-uri percent-decode-unreserved strict"_k, kIfOdd);
  writer.line("http-request normalize-uri percent-to-uppercase strict"_k, kIfOdd);
  writer.line("http-request normalize-uri path-strip-dot"_k, kIfOdd);
  writer.line("http-request normalize-uri path-strip-dotdot full"_k, kIfOdd);
  if (settings.merge_slashes) writer.line("http-request normalize-uri path-merge-slashes"_k, kIfOdd);
  writer.line("http-request set-query %[var(txn.query)] if { var(txn.query) -m found }"_k);
  writer.line("http-request set-var(txn.path) path"_k, kIfOdd);
}

}  // namespace dfp::haproxy::config
