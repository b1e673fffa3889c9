#pragma once
#include <string>
#include <string_view>

namespace dfp::haproxy::config {

/// A text in the grammar of haproxy.cfg (or HAProxy's message about one) as people may see it: with
/// "********" in place of passwords of `stats auth` and of users, of what is sent in headers and checks that
/// authenticate, of what such headers and cookies are compared with, of variables whose names say that they
/// are secret and of environment variables, of `dynamic-cookie-key`, and of whatever is written as password=,
/// secret=, token= or api-key=. For /config, logs and errors; never for what HAProxy is to read. Source:
/// HAProxy configuration manual 2.6, sections 3.4 (userlist), 4.2 (stats auth, http-request set-header,
/// http-check send, tcp-check send, option httpchk), 3.1 (setenv, presetenv).
std::string mask_secrets(std::string_view text);

/// A message about `config` in which HAProxy may quote a part of any of its lines, without what
/// mask_secrets() hides there: each of its words of four characters and more.
std::string mask_quotations(std::string message, std::string_view config);

}  // namespace dfp::haproxy::config
