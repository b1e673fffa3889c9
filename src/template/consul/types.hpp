#pragma once
#include "registry/template_source.hpp"
#include "template/value.hpp"

/// What Consul Template's functions give, under the type and field names that templates know from it.
/// Source: Consul Template's package dependency.
namespace dfp::tmpl::consul {

namespace types {
using namespace tmpl::types;
extern const Type kTags;            ///< dependency.ServiceTags, with the method Contains of 0.14
extern const Type kServiceList;     ///< []*dependency.HealthService
extern const Type kServicePointer;  ///< *dependency.HealthService
extern const Type kSnippetList;     ///< []*dependency.CatalogSnippet
extern const Type kNodeList;        ///< []*dependency.Node
extern const Type kNodeDetail;      ///< *dependency.CatalogNode
extern const Type kPairList;        ///< []*dependency.KeyPair
extern const Type kPairPointer;     ///< *dependency.KeyPair
extern const Type kServicesByName;  ///< map[string][]*dependency.HealthService
extern const Type kAnyListsByName;  ///< map[string][]interface {}
extern const Type kAnyListsByPort;  ///< map[int][]interface {}
extern const Type kPairsByName;     ///< map[string]*dependency.KeyPair
extern const Type kPairsByTop;      ///< map[string]map[string]*dependency.KeyPair
extern const Type kIntChannel;      ///< <-chan int64
}  // namespace types

/// The fields of a service's and a pair's struct that functions look at.
enum class ServiceField { Meta = 5, Id = 8, Tags = 10, Status = 12, Port = 13 };
enum class PairField { Path = 0, Key = 1, Value = 2 };
const Value& field(const Value& object, ServiceField which);
const Value& field(const Value& object, PairField which);

/// Instances in the order in which they came.
Value to_value(const std::vector<registry::HealthRecord>& records);
Value to_value(const std::vector<registry::ServiceTags>& services);
Value to_value(const std::vector<registry::NodeRecord>& nodes);
/// An empty object for a node that does not exist.
Value to_value(const std::optional<registry::NodeServices>& node);
/// Absent: nothing.
Value to_value(const std::optional<registry::KeyRecord>& key);
/// @param prefix what is cut off at the front of each .Key
Value to_value(const std::vector<registry::KeyRecord>& keys, std::string_view prefix);

}  // namespace dfp::tmpl::consul
