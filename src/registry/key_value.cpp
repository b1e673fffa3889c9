#include "registry/key_value.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace dfp::registry {
namespace {

const std::string& name_of(const Operation& operation) {
  return std::visit(
      [](const auto& op) -> const std::string& {
        if constexpr (requires { op.key; })
          return op.key;
        else
          return op.prefix;
      },
      operation);
}

std::size_t value_bytes(const Operation& operation) {
  return std::visit(
      [](const auto& op) -> std::size_t {
        if constexpr (requires { op.value; })
          return op.value.size();
        else
          return 0;
      },
      operation);
}

}  // namespace

Result<> check_limits(const std::vector<Operation>& operations) {
  if (operations.size() > kMaxOperations)
    return fail(Errc::InvalidArgument, fmt::format("registry: {} operations in a transaction, more than {}",
                                                   operations.size(), kMaxOperations));
  std::size_t bytes = 0;
  for (const auto& operation : operations) {
    const auto& name = name_of(operation);
    if (name.empty()) return fail(Errc::InvalidArgument, "registry: a key is empty");
    bytes += value_bytes(operation);
    if (bytes > kMaxValueBytes)
      return fail(Errc::InvalidArgument,
                  fmt::format("registry: key {}: the values of its transaction have more than {} bytes",
                              text::shown(name), kMaxValueBytes));
  }
  return {};
}

}  // namespace dfp::registry
