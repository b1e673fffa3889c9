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

}  // namespace dfp::model
