#include "template/type.hpp"

#include <algorithm>

namespace dfp::tmpl {
namespace {

const Function* find(const Methods& methods, std::string_view name) {
  auto at = methods.find(name);
  return at == methods.end() ? nullptr : at->second.get();
}

}  // namespace

int Type::field_index(std::string_view field) const {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == field) return static_cast<int>(i);
  return -1;
}

const Function* Type::method(std::string_view method_name) const { return find(methods, method_name); }

const Function* Type::pointer_method(std::string_view method_name) const {
  return find(pointer_methods, method_name);
}

bool Type::comparable() const {
  switch (kind) {
    case Kind::Slice:
    case Kind::Map:
    case Kind::Func:
      return false;
    case Kind::Array:
      return element->comparable();
    case Kind::Struct:
      return std::ranges::all_of(fields, [](const Field& field) { return field.type->comparable(); });
    default:
      return true;
  }
}

}  // namespace dfp::tmpl
