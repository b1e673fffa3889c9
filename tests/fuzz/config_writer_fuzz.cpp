// Values of users and operators, rendered to HAProxy's files: whatever is accepted stays in its place. The
// grammar of haproxy.cfg is the same for every value, and a map gets one line for each route.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "haproxy/config/testing.hpp"

namespace {
namespace config = dfp::haproxy::config;
namespace model = dfp::model;

/// A broken promise ends the process, so that the fuzzer keeps the input.
void require(bool promise) {
  if (!promise) std::abort();
}

std::vector<std::string> lines_of(const std::string& text) { return dfp::text::split(text, '\n'); }

bool is_clean(std::string_view line) {
  return std::ranges::all_of(line, [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

/// The parts of the input, separated by newlines; a missing one is empty.
class Parts {
 public:
  Parts(const std::uint8_t* data, std::size_t size)
      : parts_(lines_of(std::string(reinterpret_cast<const char*>(data), size))) {}
  std::string next() { return at_ < parts_.size() ? parts_[at_++] : std::string(); }

 private:
  std::vector<std::string> parts_;
  std::size_t at_ = 0;
};

model::Service service_of(Parts& parts) {
  model::Service service;
  auto& d = service.definition;
  d.path_type = static_cast<model::PathType>(static_cast<unsigned char>((parts.next() + 'a')[0]) % 6);
  d.service = parts.next();
  d.color = parts.next();
  d.paths = {parts.next(), parts.next()};
  d.domains = {parts.next()};
  std::erase(d.paths, "");
  std::erase(d.domains, "");
  service.instances = {config::testing::instance(parts.next(), parts.next(), parts.next(), 8080)};
  return service;
}

void check_config(const std::string& text, const std::string& plain) {
  auto lines = lines_of(text);
  auto expected = lines_of(plain);
  for (const auto& line : lines) require(is_clean(line));
  // One server line may be missing (an address that is none); nothing else may come or go.
  require(lines.size() == expected.size() || lines.size() + 1 == expected.size());
  auto sections = [](const std::vector<std::string>& all) {
    return std::ranges::count_if(all,
                                 [](const std::string& line) { return !line.empty() && line[0] != ' '; });
  };
  require(sections(lines) == sections(expected));
}

void check_maps(const config::FileSet& files, const model::Definition& definition) {
  std::size_t entries = 0;
  for (auto name : {"routes.map", "patterns.map"}) {
    for (const auto& line : lines_of(files.find(name)->second)) {
      if (line.empty()) continue;
      ++entries;
      require(is_clean(line) && line.ends_with(" " + definition.service) &&
              std::ranges::count(line, ' ') == 1);
    }
  }
  require(entries == model::routes_of(definition).size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Parts parts(data, size);
  dfp::haproxy::Settings settings;
  settings.run_dir = "/run/x";
  settings.spare_backends = 1;
  settings.stats = dfp::haproxy::StatsPage{"user", "password", "/stats", std::nullopt};
  auto service = service_of(parts);
  if (!model::validate(service.definition)) return 0;

  auto plain_service = config::testing::service("plain", {"/"});
  plain_service.instances = {config::testing::instance("n", "i", "10.0.0.1", 8080)};
  model::Service same_depth = plain_service;
  same_depth.definition.domains = service.definition.domains;
  auto plain = config::testing::files_of(config::testing::state_of({same_depth}), settings);
  require(plain.has_value());

  settings.stats = dfp::haproxy::StatsPage{parts.next(), parts.next(), parts.next(), std::nullopt};
  auto files = config::testing::files_of(config::testing::state_of({service}), settings);
  if (!files) return 0;  // an operator's value that cannot be written is refused as a whole
  bool same_stats_lines = settings.stats->user != "none" || settings.stats->password != "none";
  if (same_stats_lines) check_config(files->find("haproxy.cfg")->second, plain->find("haproxy.cfg")->second);
  check_maps(*files, service.definition);
  return 0;
}
