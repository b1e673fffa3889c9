#pragma once
#include <string>

#include "haproxy/config/hand_over.hpp"
#include "haproxy/config/settings.hpp"
#include "haproxy/config/shares.hpp"
#include "haproxy/config/template/template_texts.hpp"

namespace dfp::haproxy::config {

/// The sections of templates with the proxy's own lines in them, which hold whatever the templates say
/// themselves. A section has a share of the connections. A frontend or listen section of HTTP on a port of
/// its own
/// - sees requests in the form that request_rules.hpp gives them: no `h2c`, no forged X-Forwarded-*;
/// - hands its requests over after a reload, as the shared frontend does. Not TCP, which has no next request,
///   nor TLS where the bind lines ask for certificates of clients, name a crt-list, or differ in their own.
/// @return Internal when the text, which `fold` has let through, cannot be read.
Result<std::string> guarded_sections(const TemplateText& sections, const HandOver& hand_over,
                                     const Settings& settings);

/// The sections that listen on ports of their own.
/// @return Internal, as above.
Result<OwnPorts> own_ports(const TemplateText& sections);

}  // namespace dfp::haproxy::config
