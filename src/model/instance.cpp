#include "model/instance.hpp"

#include <string_view>

namespace dfp::model {

std::string_view to_string(Health health) noexcept {
  switch (health) {
    case Health::Passing:
      return "passing";
    case Health::Warning:
      return "warning";
    case Health::Critical:
      return "critical";
    case Health::Maintenance:
      return "maintenance";
  }
  return "critical";
}

Result<Health> parse_health(std::string_view text) {
  for (auto health : {Health::Passing, Health::Warning, Health::Critical, Health::Maintenance})
    if (text == to_string(health)) return health;
  return fail(Errc::InvalidArgument, "one of passing, warning, critical, maintenance");
}

}  // namespace dfp::model
