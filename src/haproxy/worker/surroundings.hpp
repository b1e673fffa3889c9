#pragma once
#include "haproxy/config/base_text.hpp"

namespace dfp::haproxy {

/// What the machine gives: the user that the worker shall run as (only when we are root), and the
/// certificates (certificate_copies.hpp): one bad file must not keep HAProxy from starting.
config::Surroundings find_surroundings(const Settings& settings);

}  // namespace dfp::haproxy
