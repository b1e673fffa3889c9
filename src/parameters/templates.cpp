#include <array>

#include "parameters/families.hpp"
#include "parameters/fields.hpp"

namespace dfp::parameters {
namespace {

constexpr std::size_t kMaxFile = 1024;

constexpr std::string_view kTemplateFile = "path of a file in the templates directory (templates-dir)";

template <std::string Definition::* Field>
constexpr Parameter template_part(std::string_view name, std::string_view meaning, std::string_view since) {
  return {{.name = name, .max_bytes = kMaxFile, .allowed = kTemplateFile, .meaning = meaning, .since = since},
          "the service's own sections",
          false,
          take<Field, std::string>,
          give<Field>};
}

constexpr std::array kRows = {
    Parameter{{.name = "consulTemplatePath",
               .max_bytes = kMaxFile,
               .allowed = kTemplateFile,
               .meaning = "Template (Consul Template or Go template) for all of the service's configuration.",
               .since = "1.0"},
              "the service's own sections",
              false,
              take<&Definition::consul_template_path, std::string>,
              give<&Definition::consul_template_path>},
    template_part<&Definition::consul_template_fe_path>(
        "consulTemplateFePath",
        "Template for the rules that the service adds to the shared frontend. Requires consulTemplateBePath.",
        "1.0.2"),
    template_part<&Definition::consul_template_be_path>(
        "consulTemplateBePath", "Template for the service's backends. Requires consulTemplateFePath.",
        "1.0.2"),
    template_part<&Definition::template_fe_path>("templateFePath", "Same as consulTemplateFePath.",
                                                 "the original of 2017"),
    template_part<&Definition::template_be_path>("templateBePath", "Same as consulTemplateBePath.",
                                                 "the original of 2017"),
};

}  // namespace

std::span<const Parameter> template_parameters() { return kRows; }

}  // namespace dfp::parameters
