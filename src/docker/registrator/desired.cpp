#include "docker/registrator/desired.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "docker/engine_json.hpp"
#include "docker/registrator/check.hpp"
#include "docker/registrator/metadata.hpp"
#include "model/definition.hpp"

namespace dfp::docker::registrator {
namespace {

// What registries take as meta (Consul: agent service registration, "Meta").
constexpr std::size_t kMaxMetaKey = 128;
constexpr std::size_t kMaxMetaValue = 512;
constexpr std::size_t kMaxMeta = 60;

/// "host:5000/team/go-demo:1.0@sha256:…" -> "go-demo"; the container's name where the image is only a digest.
std::string name_from_image(const Container& container) {
  std::string_view image = container.image;
  if (image.starts_with("sha256:")) return container.name;
  image = image.substr(image.rfind('/') + 1);
  return std::string(image.substr(0, image.find_first_of(":@")));
}

std::set<PortKey> ports_of(const Subject& subject, const Options& options) {
  std::set<PortKey> all(subject.container.exposed.begin(), subject.container.exposed.end());
  for (const auto& [port, bindings] : subject.container.ports) all.insert(port);
  std::erase_if(all, [&](const PortKey& port) { return !is_eligible(subject, port, options); });
  return all;
}

model::Health health_of(const Container& container) {
  bool bad = container.paused || container.health == ContainerHealth::Starting ||
             container.health == ContainerHealth::Unhealthy;
  return bad ? model::Health::Critical : model::Health::Passing;
}

bool fits_meta(const std::string& key, const std::string& value) {
  auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  return !key.empty() && key.size() <= kMaxMetaKey && value.size() <= kMaxMetaValue &&
         std::ranges::all_of(key, fits) && text::is_valid_utf8(value);
}

/// Builds the entries of one container.
class Builder {
 public:
  Builder(const Subject& subject, const Options& options, const HostFacts& host, const TagsTemplate& tags)
      : subject_(subject), container_(subject.container), options_(options), host_(host), tags_(tags) {}

  Desired build() {
    auto ports = ports_of(subject_, options_);
    for (const auto& port : ports) add(port, ports.size() > 1);
    return std::move(desired_);
  }

 private:
  void add(const PortKey& port, bool several) {
    Metadata metadata(container_, port.port);
    if (!metadata.get("ignore").empty()) return;
    auto name = name_of(metadata, port, several);
    if (name.empty()) return;
    auto place = place_of(subject_, port, options_, host_);
    if (!place) return problem(port, place.error().what);
    auto check = read_check(metadata, {place->address, place->port, container_.id});
    if (!check) return problem(port, check.error().what);
    const auto* forced = forced_tags();
    if (!forced) return;

    registry::Registration registration;
    auto& instance = registration.instance;
    instance.service = name;
    instance.node = host_.hostname;
    instance.address = place->address;
    instance.port = place->port;
    instance.health = health_of(container_);
    instance.id = id_of(metadata, port);
    instance.tags = tags_of(metadata, port, *forced);
    instance.meta = meta_of(metadata, port);
    if (*check) registration.checks.push_back(**check);
    registration.lifetime = options_.ttl;
    desired_.registrations.push_back(std::move(registration));
  }

  /// Empty when the port is not to be registered.
  std::string name_of(Metadata& metadata, const PortKey& port, bool several) {
    auto name = metadata.take("name");
    if (name.empty() && options_.explicit_only) return {};
    if (name.empty()) name = name_from_image(container_);
    if (several && !metadata.named_for_port()) name += fmt::format("-{}", port.port);
    if (auto valid = model::check_service_name(name); !valid) {
      problem(port, valid.error().what);
      return {};
    }
    return name;
  }

  std::string id_of(Metadata& metadata, const PortKey& port) {
    if (auto id = metadata.take("id"); !id.empty()) return id;
    auto id = fmt::format("{}:{}:{}", host_.hostname, container_.name, port.port);
    return port.protocol == "udp" ? id + ":udp" : id;
  }

  /// The tags for every entry; nullptr when their template fails, which is one problem of the container.
  const std::vector<std::string>* forced_tags() {
    if (!tags_) return &options_.tags;
    if (!tried_tags_) render_tags();
    return rendered_tags_ ? &*rendered_tags_ : nullptr;
  }

  void render_tags() {
    tried_tags_ = true;
    auto text = tags_(subject_.inspected);
    if (text)
      rendered_tags_ = parse_tags(*text);
    else
      desired_.problems.push_back(fmt::format("{}: --tags: {}", container_.name, text.error().what));
  }

  std::vector<std::string> tags_of(Metadata& metadata, const PortKey& port,
                                   const std::vector<std::string>& forced) {
    auto tags = parse_tags(metadata.take("tags"));
    tags.insert(tags.end(), forced.begin(), forced.end());
    if (port.protocol == "udp") tags.emplace_back("udp");
    std::ranges::sort(tags);
    tags.erase(std::ranges::unique(tags).begin(), tags.end());
    return tags;
  }

  std::map<std::string, std::string> meta_of(const Metadata& metadata, const PortKey& port) {
    std::map<std::string, std::string> meta{
        {std::string(kOwnerMeta), host_.hostname},
        {std::string(kContainerMeta), container_.id.substr(0, 12)},
    };
    for (const auto& [key, value] : metadata.attributes()) {
      if (meta.size() < kMaxMeta && fits_meta(key, value))
        meta.emplace(key, value);
      else
        problem(port, variable_name(key) + " is left out: a registry takes no such key or value");
    }
    return meta;
  }

  void problem(const PortKey& port, const std::string& reason) {
    desired_.problems.push_back(fmt::format("{} port {}: {}", container_.name, port.port, reason));
  }

  Subject subject_;
  const Container& container_;
  const Options& options_;
  const HostFacts& host_;
  const TagsTemplate& tags_;
  bool tried_tags_ = false;
  std::optional<std::vector<std::string>> rendered_tags_;
  Desired desired_;
};

}  // namespace

Desired desired_of(const Subject& subject, const Options& options, const HostFacts& host,
                   const TagsTemplate& tags) {
  return Builder(subject, options, host, tags).build();
}

bool is_foreign_entry_of(const model::Instance& instance, const std::string& hostname) {
  if (instance.meta.contains(std::string(kOwnerMeta))) return false;
  auto parts = text::split(instance.id, ':');
  if (parts.size() == 4 && parts[3] == "udp") parts.pop_back();
  return parts.size() == 3 && parts[0] == hostname && !parts[1].empty() &&
         parse_port_key(parts[2]).has_value();
}

}  // namespace dfp::docker::registrator
