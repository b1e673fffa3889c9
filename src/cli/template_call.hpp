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

/// Exit statuses of `template`.
constexpr int kTemplateRendered = 0;
constexpr int kTemplateFailed = 1;       ///< a file that cannot be read, a registry that does not answer
constexpr int kTemplateNotParsed = 2;    ///< the template is wrong, or names what is refused
constexpr int kTemplateNotRendered = 3;  ///< it ended with an error, or needs what does not exist

}  // namespace dfp::cli
