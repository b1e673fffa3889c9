#include "docker/registrator/options.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace dfp::docker::registrator {

Result<Deregister> parse_deregister(std::string_view text) {
  if (text == "always") return Deregister::Always;
  if (text == "on-success") return Deregister::OnSuccess;
  return fail(Errc::InvalidArgument,
              fmt::format("deregister: {} is neither always nor on-success", text::shown(text)));
}

std::vector<std::string> parse_tags(std::string_view text) {
  std::vector<std::string> tags(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',')
      tags.back() += text[++i];
    else if (text[i] == ',')
      tags.emplace_back();
    else
      tags.back() += text[i];
  }
  std::erase(tags, "");
  return tags;
}

Result<> Options::validate() const {
  auto refuse = [](std::string what) { return fail(Errc::InvalidArgument, std::move(what)); };
  if ((ttl.count() == 0) != (refresh.count() == 0))
    return refuse("ttl and ttl-refresh belong together: give both or none");
  if (ttl.count() < 0 || (ttl.count() > 0 && refresh >= ttl))
    return refuse(
        fmt::format("ttl-refresh: {} s is not shorter than ttl ({} s)", refresh.count(), ttl.count()));
  if (resync < 1s) return refuse("resync: must be at least one second");
  if (retry_attempts < -1) return refuse("retry-attempts: -1 (without end), 0 or more");
  if (retry_interval < 1ms) return refuse("retry-interval: must be at least one millisecond");
  return {};
}

}  // namespace dfp::docker::registrator
