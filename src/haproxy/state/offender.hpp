#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace dfp::haproxy {

/// The service whose backend section contains the line that HAProxy complains about
/// ("parsing [.../haproxy.cfg:48] : ..."); nothing when it is not in such a section.
std::optional<std::string> offending_service(std::string_view haproxy_message, std::string_view config_text);

}  // namespace dfp::haproxy
