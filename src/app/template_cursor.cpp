#include "app/template_cursor.hpp"

namespace dfp::app {
namespace {
using tmpl::Kind;
using tmpl::Type;
using tmpl::Value;
namespace types = tmpl::types;

const Type kDestination{.kind = Kind::Struct,
                        .name = "proxy.ServiceDest",
                        .fields = {{"Port", &types::kString},
                                   {"ServicePath", &types::kStringList},
                                   {"ServiceDomain", &types::kStringList},
                                   {"PathType", &types::kString},
                                   {"ReqMode", &types::kString},
                                   {"Index", &types::kInt}}};
const Type kDestinations{.kind = Kind::Slice, .name = "[]proxy.ServiceDest", .element = &kDestination};
const Type kService{.kind = Kind::Struct,
                    .name = "proxy.Service",
                    .fields = {{"ServiceName", &types::kString},
                               {"AclName", &types::kString},
                               {"ServiceColor", &types::kString},
                               {"ServicePath", &types::kStringList},
                               {"ServiceDomain", &types::kStringList},
                               {"PathType", &types::kString},
                               {"Port", &types::kString},
                               {"SkipCheck", &types::kBool},
                               {"ServiceDest", &kDestinations}}};

}  // namespace

tmpl::Value template_cursor(const model::Definition& definition) {
  auto port = Value::of(definition.port == 0 ? std::string() : std::to_string(definition.port));
  auto paths = Value::of(definition.paths);
  auto domains = Value::of(definition.domains);
  auto path_type = Value::of(model::to_string(definition.effective_path_type()));
  auto destination =
      Value::structure({port, paths, domains, path_type, Value::of("http"), Value::of(0)}, kDestination);
  return Value::structure(
      {Value::of(definition.service), Value::of(definition.order_key()), Value::of(definition.color), paths,
       domains, path_type, port, Value::of(definition.skip_check), Value::list({destination}, kDestinations)},
      kService);
}

}  // namespace dfp::app
