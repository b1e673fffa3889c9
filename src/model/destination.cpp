#include "model/destination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::model {
namespace {

constexpr std::size_t kMaxPath = 2048;
constexpr std::size_t kMaxDomain = 253;  // RFC 1035, section 2.3.4
constexpr std::size_t kMaxLabel = 63;
constexpr char kIndexMark = '+';

constexpr std::array<std::string_view, 6> kPathTypes = {"path_beg", "path",     "path_end",
                                                        "path_sub", "path_dir", "path_reg"};

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::unexpected<Error> refuse(std::string_view parameter, std::string_view value, std::string_view allowed) {
  return fail(Errc::InvalidArgument,
              fmt::format("{}: {} is not allowed: {}", parameter, text::shown(value), allowed));
}

/// RFC 3986, section 3.3: what can stand in the path of a request. Everything else is sent percent-encoded by
/// clients.
bool is_path_text(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '%') {
      if (i + 2 >= value.size() || !is_hex(value[i + 1]) || !is_hex(value[i + 2])) return false;
      i += 2;
    } else if (!is_alnum(c) && !std::string_view("-._~!$&'()*+,;=:@/").contains(c)) {
      return false;
    }
  }
  return true;
}

bool is_domain_name(std::string_view value) {
  if (value.empty() || value.size() > kMaxDomain) return false;
  for (const auto& label : text::split(value, '.')) {
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-')
      return false;
    auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (!std::ranges::all_of(label, fits)) return false;
  }
  return true;
}

Result<> check_pattern(std::string_view path) {
  bool printable = std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!path.empty() && path.size() <= kMaxPath && printable) return {};
  return refuse("servicePath", path,
                "a path_reg is 1 to 2048 printable ASCII characters without spaces (write a space as \\x20)");
}

}  // namespace

std::string_view to_string(PathType type) noexcept { return kPathTypes[static_cast<std::size_t>(type)]; }

Result<PathType> parse_path_type(std::string_view text) {
  for (std::size_t i = 0; i < kPathTypes.size(); ++i)
    if (text == kPathTypes[i]) return static_cast<PathType>(i);
  return refuse("pathType", text, "one of path_beg, path, path_end, path_sub, path_dir, path_reg");
}

std::string destination_key(std::string_view service, unsigned index) {
  if (index == kFirstDestination) return std::string(service);
  return fmt::format("{}{}{:02}", service, kIndexMark, index);
}

std::optional<DestinationName> parse_destination_key(std::string_view key) {
  auto mark = key.rfind(kIndexMark);
  if (mark == std::string_view::npos) return DestinationName{std::string(key)};
  auto index = parse::number(key.substr(mark + 1), kFirstDestination + 1, kMaxDestinations);
  if (!index) return std::nullopt;
  DestinationName name{std::string(key.substr(0, mark)), static_cast<unsigned>(*index)};
  if (destination_key(name.service, name.index) != key) return std::nullopt;
  return name;
}

Result<> check_path(std::string_view path, PathType type) {
  if (type == PathType::Reg) return check_pattern(path);
  if (path.empty() || path.size() > kMaxPath)
    return refuse("servicePath", path, "a path has 1 to 2048 characters");
  if ((type == PathType::Beg || type == PathType::Exact) && path[0] != '/')
    return refuse("servicePath", path, "a path begins with '/'");
  if (!is_path_text(path))
    return refuse(
        "servicePath", path,
        "a path has letters, digits and -._~!$&'()*+;=:@/ only; write everything else percent-encoded (%20)");
  bool only_slashes = path.find_first_not_of('/') == std::string_view::npos;
  if (type == PathType::Dir && only_slashes)
    return refuse("servicePath", path, "a path_dir needs a name between its slashes");
  return {};
}

Result<> check_domain(std::string_view domain) {
  auto name = domain.starts_with("*.") ? domain.substr(2) : domain;
  if (is_domain_name(name)) return {};
  return refuse("serviceDomain", domain,
                "a host name like example.com, or *.example.com for every host below it; without scheme, "
                "port and path");
}

unsigned segments_of(std::string_view path) {
  auto parts = text::split(path, '/');
  return static_cast<unsigned>(std::ranges::count_if(parts, [](const auto& part) { return !part.empty(); }));
}

namespace {

Result<> check_strip_path(const Destination& d) {
  if (!d.strip_path) return {};
  auto refuse_it = [](std::string_view why) {
    return fail(Errc::InvalidArgument, fmt::format("stripPath: {}", why));
  };
  auto type = d.effective_path_type();
  if (d.paths.empty() || (type != PathType::Beg && type != PathType::Exact))
    return refuse_it("needs a servicePath, and path_beg or path for pathType");
  for (const auto& path : d.paths) {
    if (path.contains("//")) return refuse_it(fmt::format("{} has an empty segment", path));
    if (segments_of(path) > kMaxStripSegments)
      return refuse_it(fmt::format("{} has more than {} segments", path, kMaxStripSegments));
  }
  return {};
}

}  // namespace

Result<> check_destination(const Destination& d) {
  for (const auto& path : d.paths)
    if (auto ok = check_path(path, d.effective_path_type()); !ok) return ok;
  for (const auto& domain : d.domains)
    if (auto ok = check_domain(domain); !ok) return ok;
  if (d.paths.empty() && d.path_type && *d.path_type != PathType::Beg)
    return fail(Errc::InvalidArgument,
                fmt::format("pathType: {} needs a servicePath", to_string(*d.path_type)));
  return check_strip_path(d);
}

Error of_destination(Error error, unsigned index) {
  if (auto colon = error.what.find(':'); colon != std::string::npos)
    error.what.insert(colon, fmt::format(".{}", index));
  return error;
}

}  // namespace dfp::model
