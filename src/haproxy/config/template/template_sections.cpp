#include "haproxy/config/template/template_sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/parse.hpp"
#include "haproxy/config/request_rules.hpp"
#include "haproxy/config/template/sections.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

bool speaks_http(const Section& section) {
  bool http = true;  // as the defaults say
  for (const auto& line : section.lines)
    if (line.keyword() == "mode") http = line.word(1) != "tcp";
  return http;
}

bool has_word(const Line& line, std::string_view text) {
  return std::ranges::find(line.words, text, &Word::text) != line.words.end();
}

bool speaks_tls(const Section& section) {
  return std::ranges::any_of(
      section.lines, [](const Line& line) { return line.keyword() == "bind" && has_word(line, "ssl"); });
}

bool listens(const Section& section) { return section.type() == "frontend" || section.type() == "listen"; }

OwnPorts ports_of(const std::vector<Section>& sections) {
  OwnPorts ports;
  for (const auto& section : sections)
    if (listens(section)) ports.emplace_back(section.name());
  return ports;
}

std::unexpected<Error> unreadable(const Error& error) {
  return fail(Errc::Internal, "haproxy.cfg: sections of templates: " + error.what);
}

/// A worker cannot show the certificate of a client, which these ask for; a list may do so inside.
constexpr std::string_view kClientCertificates[] = {
    "ca-file", "ca-sign-file", "ca-verify-file", "crt-list", "crl-file", "generate-certificates", "verify"};

/// "crt /a.pem crt /b.pem" of a bind line with TLS, as written. Nothing else of it matters to a worker: what
/// the line says of versions and ciphers might not fit a worker's own.
std::optional<std::string> certificates_of(const Line& bind) {
  for (auto word : kClientCertificates)
    if (has_word(bind, word)) return std::nullopt;
  std::string words;
  for (std::size_t n = 2; n + 1 < bind.words.size(); ++n) {
    if (bind.word(n) != "crt") continue;
    const auto& file = bind.words[++n];
    words +=
        fmt::format("{}crt {}", words.empty() ? "" : " ", bind.raw.substr(file.begin, file.end - file.begin));
  }
  return words.empty() ? std::nullopt : std::optional(words);
}

/// How a section hands its requests over; nullopt where it cannot.
std::optional<OwnHandOver> own_hand_over(const Section& section) {
  if (!listens(section) || !speaks_http(section)) return std::nullopt;
  OwnHandOver own{section.name(), false, {}};
  for (const auto& line : section.lines) {
    if (line.keyword() != "bind") continue;
    if (!has_word(line, "ssl")) {
      own.plain = true;
      continue;
    }
    auto certificates = certificates_of(line);
    // Which of two lists of certificates a client was served from is not known here.
    bool fits = certificates && (own.certificates.empty() || own.certificates == *certificates);
    if (!fits) return std::nullopt;
    own.certificates = std::move(*certificates);
  }
  return own;
}

/// What the section says itself, where that is less than its share. HAProxy takes the last such line and
/// what atol() makes of it; 0 is "as many as there are".
std::uint64_t maxconn_of(const Section& section, std::uint64_t share) {
  auto most = share;
  for (const auto& line : section.lines)
    if (line.keyword() == "maxconn") most = parse::number(line.word(1), 1, share).value_or(share);
  return most;
}

void write_share(ConfigWriter& writer, const Section& section, const Settings& settings,
                 const OwnPorts& ports) {
  if (settings.shares.service == 100) return;
  if (listens(section)) {
    auto share = static_cast<std::uint64_t>(connections_of_one(settings));
    writer.line("maxconn"_k, maxconn_of(section, share));
    write_share_of_port(writer, settings, ports);
  }
  if (section.type() == "backend" && speaks_http(section)) write_share_of_backend(writer, settings, ports);
}

void write_request_rules(ConfigWriter& writer, const Section& section, const Settings& settings) {
  if (!listens(section) || !speaks_http(section)) return;
  writer.line("http-request unset-var(txn.path)"_k);  // tcp-request rules come before these
  write_request_gate(writer, settings, speaks_tls(section));
  write_odd_request_rules(writer, settings);
}

/// Copies a text piece by piece.
class Copier {
 public:
  explicit Copier(const std::string& text) : text_(text) {}

  /// What follows, up to the end of a line.
  void copy_to(std::size_t line) {
    auto from = at_;
    for (; line_ < line; ++line_) at_ = text_.find('\n', at_) + 1;
    out_ += text_.substr(from, at_ - from);
  }
  void insert(std::string_view lines) { out_ += lines; }
  /// Leaves out one line of those to be copied.
  void leave_out(std::size_t line) {
    copy_to(line - 1);
    at_ = text_.find('\n', at_) + 1;
    line_ = line;
  }
  std::string finish() { return out_ + text_.substr(at_); }

 private:
  const std::string& text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  std::string out_;
};

}  // namespace

Result<OwnPorts> own_ports(const TemplateText& text) {
  auto sections = parse_sections(text.lines());
  if (!sections) return unreadable(sections.error());
  return ports_of(*sections);
}

Result<std::string> guarded_sections(const TemplateText& text, const HandOver& hand_over,
                                     const Settings& settings) {
  auto sections = parse_sections(text.lines());
  if (!sections) return unreadable(sections.error());
  auto ports = ports_of(*sections);
  ConfigWriter backends;
  Copier copier(text.lines());
  for (const auto& section : *sections) {
    ConfigWriter first;
    write_share(first, section, settings, ports);
    auto own = own_hand_over(section);
    if (own) {
      write_own_hand_over(first, hand_over, *own);
      write_own_hand_over_backends(backends, hand_over, *own, settings.hard_stop_after);
    }
    write_request_rules(first, section, settings);
    auto lines = std::move(first).finish();
    if (!lines) return lines;
    copier.copy_to(section.header.number);
    copier.insert(*lines);
    if (own) copier.insert(own_hand_over_tls_bind(hand_over, *own));
    if (!listens(section) || settings.shares.service == 100) continue;
    for (const auto& line : section.lines)
      if (line.keyword() == "maxconn") copier.leave_out(line.number);  // the last one would win
  }
  auto more = std::move(backends).finish();
  if (!more) return more;
  return copier.finish() + *more;
}

}  // namespace dfp::haproxy::config
