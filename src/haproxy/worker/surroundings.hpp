#pragma once
#include "haproxy/config/base_text.hpp"

namespace dfp::haproxy {

/// What the machine gives: the user that the worker shall run as (only when we are root), and the PEM files
/// of `certs_dir` that hold a certificate with its key. Others are left out and logged: one bad file must not
/// keep HAProxy from starting.
config::Surroundings find_surroundings(const Settings& settings);

}  // namespace dfp::haproxy
