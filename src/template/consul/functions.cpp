#include "template/consul/functions.hpp"

namespace dfp::tmpl::consul {

const FunctionMap& functions() {
  static const FunctionMap all = [] {
    FunctionMap map;
    add_registry_functions(map);
    add_text_functions(map);
    add_number_functions(map);
    add_grouping_functions(map);
    add_collection_functions(map);
    add_encoding_functions(map);
    add_rendering_functions(map);
    return map;
  }();
  return all;
}

const std::map<std::string, std::string, std::less<>>& refused_functions() {
  constexpr const char* kVault = "secrets of Vault need tokens and leases; use file or env instead";
  constexpr const char* kRuns = "a template must not run programs";
  constexpr const char* kWrites = "a template must not write files or to the terminal";
  constexpr const char* kNomad = "there is no Nomad; use service or key instead";
  constexpr const char* kEnterprise = "it needs Consul Enterprise or cluster peering";
  constexpr const char* kMesh = "certificates of the service mesh are not given to templates";
  static const std::map<std::string, std::string, std::less<>> refused = {
      {"secret", kVault},
      {"secrets", kVault},
      {"vault", kVault},
      {"pkiCert", kVault},
      {"pkiSign", kVault},
      {"plugin", kRuns},
      {"writeToFile", kWrites},
      {"spew_dump", kWrites},
      {"spew_printf", kWrites},
      {"spew_sdump", "use printf \"%#v\" instead"},
      {"spew_sprintf", "use printf \"%#v\" instead"},
      {"nomadService", kNomad},
      {"nomadServices", kNomad},
      {"nomadVar", kNomad},
      {"nomadVarExists", kNomad},
      {"nomadVarList", kNomad},
      {"nomadVarListSafe", kNomad},
      {"peerings", kEnterprise},
      {"partitions", kEnterprise},
      {"exportedServices", kEnterprise},
      {"importedServices", kEnterprise},
      {"caRoots", kMesh},
      {"caLeaf", kMesh},
      {"sockaddr", "addresses of this machine are not given to templates; use env instead"},
  };
  return refused;
}

Function typed(Function function, const Type& result, std::initializer_list<const Type*> parameters) {
  function.signature.result = &result;
  std::size_t index = 0;
  for (const auto* type : parameters) {
    if (type) function.signature.parameters[index] = type;
    ++index;
  }
  return function;
}

}  // namespace dfp::tmpl::consul
