#pragma once
#include <string>

#include "registry/registration.hpp"

/// The agent's registration format.
namespace dfp::registry::consul {

/// The check that says what we were told of the instance's health. It passes for ever once it passes.
std::string state_check_id(const std::string& instance);
/// The check that fails when the registration is not renewed within its lifetime.
std::string lifetime_check_id(const std::string& instance);

/// The body of /v1/agent/service/register. With `states_health` there is a check for the health that renewals
/// tell.
std::string render_registration(const Registration& registration, bool states_health);

/// The body of /v1/agent/check/update.
std::string render_check_update(model::Health health);

}  // namespace dfp::registry::consul
