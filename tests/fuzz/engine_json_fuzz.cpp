// Answers of a Docker Engine, or of whatever listens at its address; and templates of tags over them.
#include <cstdlib>
#include <string_view>

#include "docker/engine_json.hpp"
#include "template/registrator/tags_template.hpp"

namespace {

using dfp::tmpl::registrator::TagsTemplate;

const TagsTemplate& tags() {
  static const auto parsed = TagsTemplate::parse(
      "{{strSlice .ID 0 12}}{{range $port, $at := "
      ".NetworkSettings.Ports}}{{$port.Port}}{{$port.Proto}}{{end}}"
      "{{.Config.Env | matchFirstElement \"^V\" | splitIndex 1 \"=\"}}{{.State.Health.Status}}");
  if (!parsed) std::abort();
  return *parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace dfp::docker;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto container = decode_container(text); container && container->id.empty()) std::abort();
  if (auto nodes = decode_nodes(text))
    for (const auto& node : *nodes)
      if (node.id.empty()) std::abort();
  (void)decode_container_ids(text);
  (void)decode_info(text);
  (void)decode_services(text);
  (void)decode_tasks(text);
  (void)decode_networks(text);
  (void)decode_event(text);
  (void)decode_message(text);
  (void)parse_port_key(text);
  (void)tags().render(text);
  return 0;
}
