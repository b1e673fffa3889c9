#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "docker/engine_types.hpp"
#include "model/definition.hpp"

namespace dfp::docker::discovery {

struct LabelRules {
  std::string notify = "com.df.notify";  ///< only what carries this label with the value true is looked at
  std::string instance_name = {};  ///< when not empty: com.df.proxyInstanceName has to be this, or absent
};

/// What the labels of a service order.
struct LabelOrder {
  model::Definition definition;    ///< valid
  std::vector<std::string> notes;  ///< labels that were left out, with the reason
};

/// com.df.X=Y means the parameter X=Y of `reconfigure`, com.df.X.1=Y that of a destination. Indices behind a
/// gap and defaults that no destination takes are left out, as by the original. com.df.shortName,
/// .scrapeNetwork and .proxyInstanceName are for the listener itself.
/// @param name the service's, unless com.df.serviceName says otherwise
/// @return nullopt where nothing is ordered; InvalidArgument, naming the label, for what cannot be read, and
/// for a parameter of the original that this proxy does not have: to serve without it could be wrong, or
/// unsafe. Source: Docker Flow Swarm Listener, "Usage".
Result<std::optional<LabelOrder>> read_labels(const Labels& labels, const std::string& name,
                                              const LabelRules& rules);

/// A problem that names a parameter ("instances of web: port: …"), as one of the label ("label com.df.port:
/// …").
std::string as_label_problem(const std::string& problem);

/// Empty for none.
std::string label_of(const Labels& labels, const std::string& name);

/// com.df.X as a boolean; false for anything else.
bool label_is_true(const Labels& labels, const std::string& label);

}  // namespace dfp::docker::discovery
