#include "haproxy/config/template/fold.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "haproxy/config/backend.hpp"
#include "haproxy/config/bind_ports.hpp"
#include "haproxy/config/template/literal_addresses.hpp"
#include "haproxy/config/template/server_target.hpp"
#include "haproxy/config/template/shared_rules.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

/// The original's fixed ports: a template that names them means the proxy's listener, wherever that is.
constexpr std::uint16_t kPublicPorts[] = {80, 443};

bool is_proxy(const Section& section) {
  auto type = section.type();
  return type == "frontend" || type == "backend" || type == "listen";
}

class Folder {
 public:
  Folder(std::string_view service, const FoldSettings& settings) : settings_(settings), service_(service) {
    for (auto port : kPublicPorts) own_ports_.insert(port);
    own_ports_.insert(settings.own_ports.begin(), settings.own_ports.end());
  }

  Result<Fragment> fold(const std::vector<Section>& sections) {
    for (const auto& section : sections) {
      if (auto ok = check_permitted(section, settings_.allowed); !ok) return std::unexpected(ok.error());
      if (auto ok = check_literal_addresses(section); !ok) return std::unexpected(ok.error());
      if (auto ok = check_targets(section, settings_.is_own_api); !ok) return std::unexpected(ok.error());
      if (section.type() == "backend" || section.type() == "listen")
        backends_.insert(std::string(section.name()));
    }
    for (const auto& section : sections)
      if (auto ok = add(section); !ok) return std::unexpected(ok.error());
    return std::move(fragment_);
  }

 private:
  Result<> add(const Section& section) {
    if (section.type().empty()) return share(section);
    if (auto ok = check_header(section.header); !ok) return ok;
    if (section.type() != "frontend" && section.type() != "listen") return keep(section);
    std::vector<const Line*> binds;  // on ports that are not the proxy's
    bool own = false;
    for (const auto& line : section.lines) {
      if (line.keyword() != "bind") continue;
      auto addresses = addresses_of(line);
      if (!addresses) return std::unexpected(addresses.error());
      auto is_own =
          std::ranges::count_if(*addresses, [&](const auto& a) { return own_ports_.contains(a.port); });
      if (is_own != 0 && static_cast<std::size_t>(is_own) != addresses->size())
        return refuse_line(line, "ports of the proxy and others in one bind line; write two lines");
      own = own || is_own != 0;
      if (is_own == 0) binds.push_back(&line);
      if (is_own == 0)
        if (auto ok = claim(line, *addresses); !ok) return ok;
    }
    bool listens = own || !binds.empty();
    if (section.type() == "listen")
      return own ? refuse_line(section.header,
                               "a listen section cannot share the proxy's port with other "
                               "services; write a frontend and a backend")
                 : keep(section);
    if (own || !listens)
      if (auto ok = share(section); !ok) return ok;
    return binds.empty() ? Result<>{} : keep(section);
  }

  /// One port at several addresses of one line is one claim.
  Result<> claim(const Line& line, const std::vector<BindAddress>& addresses) {
    for (const auto& bind : addresses) {
      if (auto found = settings_.reserved_ports.find(bind.port); found != settings_.reserved_ports.end())
        return refuse_line(line, fmt::format("port {} is the proxy's own: {}", bind.port, found->second));
      auto [known, first] = fragment_.ports.emplace(bind.port, line.number);
      if (!first && known->second != line.number)
        return refuse_line(line, fmt::format("port {} is bound twice", bind.port));
      fragment_.binds.push_back({bind, {line.raw, line.number}});
    }
    return {};
  }

  /// The section's lines become part of `frontend dfp:services`.
  Result<> share(const Section& section) {
    auto prefix = shared_++ == 0 ? fmt::format("{}:", service_) : fmt::format("{}:{}:", service_, shared_);
    return add_shared_rules(section, prefix, backends_, fragment_);
  }

  /// The section stays, without its binds on ports of the proxy.
  Result<> keep(const Section& section) {
    if (auto ok = claim_name(section.header); !ok) return ok;
    std::string header(section.header.raw);
    if (is_proxy(section)) header += " from dfp:template";
    fragment_.sections.push_back({std::move(header), section.header.number});
    for (const auto& line : section.lines) {
      if (auto ok = check_target(line); !ok) return ok;
      note_server(section, line);
      bool own_bind = section.type() == "frontend" && is_own_bind(line);
      if (!own_bind) fragment_.sections.push_back({"  " + line.raw, line.number});
    }
    return {};
  }

  /// Before its line is added.
  void note_server(const Section& section, const Line& line) {
    if (auto named = named_server(section, line)) {
      named->place = fragment_.sections.size();
      fragment_.named_servers.push_back(std::move(*named));
    }
    auto place = target_word(line.keyword());
    if (place == 0) return;
    auto target = parse_target(line.word(place));
    if (is_ip_address(target.host) || !target.port || !settings_.reserved_ports.contains(*target.port))
      return;
    fragment_.doubtful_servers.push_back({target.host, *target.port, line.number});
  }

  bool is_own_bind(const Line& line) const {
    if (line.keyword() != "bind") return false;
    auto ports = ports_of(line);
    return ports && own_ports_.contains(*ports->begin());
  }

  static Result<> check_header(const Line& header) {
    if (header.words.size() != 2 || !is_name(header.word(1)))
      return refuse_line(header, "a section needs one name of letters, digits, '.', ':', '_' and '-'");
    return {};
  }

  Result<> claim_name(const Line& header) {
    std::string name(header.word(1));
    if (is_own_name(name)) return refuse_line(header, fmt::format("'{}' is a name of the proxy's own", name));
    fragment_.names.emplace(std::move(name), header.number);
    return {};
  }

  /// A frontend that sends requests to a backend of another service would keep that from being removed, and
  /// one that computes the name would let clients choose it.
  Result<> check_target(const Line& line) const {
    bool chooses = line.keyword() == "use_backend" || line.keyword() == "default_backend";
    if (!chooses || backends_.contains(line.word(1)) || settings_.allowed.contains("use_backend")) return {};
    return refuse_line(line, fmt::format("the template has no backend '{}'", line.word(1)));
  }

  const FoldSettings& settings_;
  std::string service_;
  std::set<std::uint16_t> own_ports_;
  std::set<std::string, std::less<>> backends_;
  std::size_t shared_ = 0;  // frontends that became rules
  Fragment fragment_;
};

}  // namespace

Result<Fragment> fold(std::string_view service, std::string_view rendered, const FoldSettings& settings) {
  auto sections = parse_sections(rendered);
  if (!sections) return std::unexpected(sections.error());
  return Folder(service, settings).fold(*sections);
}

}  // namespace dfp::haproxy::config
