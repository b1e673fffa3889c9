#include "base/result.hpp"

namespace dfp {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::InvalidArgument:
      return "invalid_argument";
    case Errc::NotFound:
      return "not_found";
    case Errc::Conflict:
      return "conflict";
    case Errc::Timeout:
      return "timeout";
    case Errc::Unavailable:
      return "unavailable";
    case Errc::Rejected:
      return "rejected";
    case Errc::OutcomeUnknown:
      return "outcome_unknown";
    case Errc::Cancelled:
      return "cancelled";
    case Errc::Internal:
      return "internal";
  }
  return "internal";
}

}  // namespace dfp
