#include "haproxy/process/held.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <string_view>
#include <vector>

namespace dfp::haproxy::process {
namespace {

std::string reason(std::string_view step, int result) {
  return fmt::format("{}: {}", step, result == Held::kNotTried ? "not possible here" : std::strerror(result));
}

}  // namespace

std::string Held::text() const {
  std::vector<std::string> done;
  if (filter == 0) done.emplace_back("seccomp");
  if (files == 0) done.push_back(fmt::format("landlock {}", files_version));
  if (own_network == 0) done.emplace_back("own network");
  if (other_user == 0) done.emplace_back("user nobody");
  if (no_new_privileges == 0) done.emplace_back("no new privileges");
  if (limits == 0) done.emplace_back("limits");
  return done.empty() ? "nothing" : fmt::format("{}", fmt::join(done, ", "));
}

std::string Held::missing() const {
  std::vector<std::string> parts;
  if (!without_network())
    parts.push_back(
        fmt::format("no network ({}; {})", reason("seccomp", filter), reason("own network", own_network)));
  if (!without_files())
    parts.push_back(
        fmt::format("no files ({}; {})", reason("landlock", files), reason("user nobody", other_user)));
  if (no_new_privileges != 0) parts.push_back(reason("no new privileges", no_new_privileges));
  if (limits != 0) parts.push_back(reason("limits", limits));
  if (descriptors != 0) parts.push_back(reason("closed descriptors", descriptors));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace dfp::haproxy::process
