#pragma once
#include <string>

#include "haproxy/config/hand_over.hpp"
#include "haproxy/config/settings.hpp"
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

/// The rules by which a backend has no more requests at one time than its service may have: its share of all
/// connections and, where more than that are in use, as many of them for each that is free as the share
/// gives (75 %: three), but always a hundredth of all. So several services that hang leave room to the others.
void write_share_of_backend(ConfigWriter& writer, const Settings& settings);

}  // namespace dfp::haproxy::config
