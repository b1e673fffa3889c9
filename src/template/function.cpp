#include "template/function.hpp"

namespace dfp::tmpl {

std::string Function::type_name() const {
  std::string out = "func(";
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    if (i > 0) out += ", ";
    if (signature.variadic && i + 1 == signature.parameters.size()) out += "...";
    out += signature.parameters[i]->name;
  }
  return out + ") " + signature.result->name;
}

}  // namespace dfp::tmpl
