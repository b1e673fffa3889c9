#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/desired_state.hpp"

/// The value of PREFIX/SERVICE/definition: one service as JSON.
///
///     {"version": 1, "write": "9f86d081884c7d65", "mirrored": true,
///      "definition": {"serviceName": "go-demo", "servicePath": ["/demo"]},
///      "instances": [{"service": "go-demo", "node": "n1", "id": "a", "address": "10.0.0.1", "port": 8080}],
///      "revision": 3, "changedAt": "2026-01-31T12:00:00Z", "changedBy": "api 127.0.0.1"}
///
/// Version 2, where the service has several destinations:
///
///     "destinations": {"2": {"servicePath": ["/admin"], "port": "9090"}}
///
/// stands in `definition`, which has the first one's parameters itself, and `requestedPort` in instances.
/// What has one destination is written as version 1, which older programs read.
///
/// `rendered` (a text) and `templateHash` stand beside them where a template makes the service's sections.
///
/// Names and types of the definition's fields are those of parameters::table(); fields with their default
/// value are left out. A field that this program does not know is tolerated, and gone after the next write: a
/// write replaces the whole definition. What an older program must not ignore takes a new `version`.
namespace dfp::registry {

constexpr int kRecordVersion = 2;  ///< the newest that is read

struct Record {
  model::Service service;
  std::string write;      ///< unique for each write, so that every write changes the key's version
  bool mirrored = false;  ///< the six keys of the original 1.0 were written with it

  bool operator==(const Record&) const = default;
};

std::string render_record(const Record& record);

/// @return InvalidArgument, naming the field, for text that is no such record, for one of a newer version,
/// and for a definition or an instance that is not valid or belongs to another service than `service`.
Result<Record> parse_record(std::string_view json, std::string_view service);

}  // namespace dfp::registry
