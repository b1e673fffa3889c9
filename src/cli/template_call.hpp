#pragma once
#include <string>

namespace dfp::cli {

/// The command line of `template`, without the settings.
struct TemplateCall {
  std::string file;       ///< "-": standard input
  std::string data_file;  ///< JSON that becomes the cursor; empty: none
  std::string
      missing_key;  ///< "default", "zero", "error"; empty: Consul Template's where there is a registry
  std::string left = "{{", right = "}}";
  bool check = false;
  bool explain = false;
  bool has_registry = false;   ///< the operator named one
  bool templates_dir = false;  ///< the operator named one; otherwise `file` reads beside the template
};

}  // namespace dfp::cli
