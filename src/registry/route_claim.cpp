#include "registry/route_claim.hpp"

#include <fmt/format.h>

#include "model/route_table.hpp"

namespace dfp::registry {
namespace {

constexpr unsigned kGuards = 16;

/// FNV-1a, 64 bit: the same in every release and on every machine.
class Hash {
 public:
  Hash& add(std::string_view text) {
    for (unsigned char byte : text) step(byte);
    step(0);  // "ab", "c" is not "a", "bc": no text here holds a zero
    return *this;
  }
  std::uint64_t value() const { return sum_; }

 private:
  void step(unsigned char byte) { sum_ = (sum_ ^ byte) * 0x100000001b3u; }
  std::uint64_t sum_ = 0xcbf29ce484222325u;
};

}  // namespace

std::set<std::string> guards_of(const model::Definition& definition) {
  std::set<std::string> guards;
  for (const auto& route : model::routes_of(definition))
    guards.insert(fmt::format("{:02}", Hash().add(model::route_key(route)).value() % kGuards));
  return guards;
}

std::string claim_fingerprint(const model::Service& service) {
  const auto& definition = service.definition;
  Hash hash;
  for (const auto& route : model::routes_of(definition)) hash.add(model::route_key(route));
  hash.add(definition.acl_name).add(definition.take_over ? "takeOver" : "");
  for (const auto& file : definition.templates()) hash.add(file);
  hash.add(service.rendered);
  return fmt::format("{:016x}", hash.value());
}

std::string render_claim(const model::Service& service, std::string_view write) {
  return fmt::format("{} {}", claim_fingerprint(service), write);
}

bool claim_fits(std::string_view claim, const model::Service& service) {
  return claim.substr(0, claim.find(' ')) == claim_fingerprint(service);
}

}  // namespace dfp::registry
