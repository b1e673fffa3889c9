#include "template/method.hpp"

namespace dfp::tmpl {

std::optional<BoundMethod> find_method(const Value& value, std::string_view name) {
  if (!value.type()) return std::nullopt;
  bool is_pointer = value.held_kind() == Kind::Pointer;
  const Type& type = is_pointer ? *value.type()->element : *value.type();
  if (const auto* method = type.method(name)) {
    if (!is_pointer) return BoundMethod{method, value};
    if (value.is_nil()) return BoundMethod{method, value, true};
    return BoundMethod{method, value.pointee()};
  }
  bool reachable = is_pointer || (value.addressable() && type.pointer);
  const auto* method = reachable ? type.pointer_method(name) : nullptr;
  if (!method) return std::nullopt;
  return BoundMethod{method, is_pointer ? value : value.address()};
}

}  // namespace dfp::tmpl
