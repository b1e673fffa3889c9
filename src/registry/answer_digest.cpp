#include "registry/answer_digest.hpp"

#include <functional>
#include <type_traits>

namespace dfp::registry {
namespace {

class Digest {
 public:
  std::uint64_t value() const { return state_ == 0 ? 1 : state_; }

  void add(const std::string& text) { mix(std::hash<std::string>{}(text)); }
  template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T>
  void add(T number) {
    mix(static_cast<std::uint64_t>(number));
  }
  template <class T>
  void add(const std::optional<T>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  template <class T>
  void add(const std::vector<T>& list) {
    add(list.size());
    for (const auto& item : list) add(item);
  }
  template <class T>
  void add(const std::map<std::string, T>& map) {
    add(map.size());
    for (const auto& [key, value] : map) all(key, value);
  }
  void add(const HostPort& place) { all(place.address, place.port); }
  void add(const NodeRecord& node) {
    all(node.id, node.name, node.address, node.datacenter, node.tagged_addresses, node.meta);
  }
  void add(const ServiceRecord& s) {
    all(s.id, s.name, s.address, s.port, s.tags, s.meta, s.tagged_addresses, s.passing_weight,
        s.warning_weight, s.enable_tag_override);
  }
  void add(const CheckRecord& c) {
    all(c.node, c.id, c.name, c.status, c.notes, c.output, c.service_id, c.service_name, c.type,
        c.service_tags);
  }
  void add(const HealthRecord& record) { all(record.node, record.service, record.checks, record.health); }
  void add(const ServiceTags& service) { all(service.name, service.tags); }
  void add(const model::Instance& i) { all(i.service, i.node, i.id, i.address, i.port); }
  void add(const NodeServices& node) { all(node.node, node.services); }
  void add(const KeyRecord& k) {
    all(k.key, k.value, k.session, k.flags, k.create_index, k.modify_index, k.lock_index);
  }

 private:
  void all(const auto&... parts) { (add(parts), ...); }
  /// The finalizer of SplitMix64 over what came before and the next part.
  void mix(std::uint64_t part) {
    auto z = state_ * 31 + part + 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    state_ = z ^ (z >> 31);
  }

  std::uint64_t state_ = 0;
};

}  // namespace

std::uint64_t digest(const AnswerData& data) {
  Digest digest;
  std::visit([&](const auto& answer) { digest.add(answer); }, data);
  return digest.value();
}

std::uint64_t digest(const std::vector<model::Instance>& owners) {
  Digest digest;
  digest.add(owners);
  return digest.value();
}

}  // namespace dfp::registry
