#pragma once
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

/// Named parameters of a request: what they are, and how their texts become values. Knows no meaning.
namespace dfp::parameters {

enum class ParameterType {
  Text,
  List,  ///< texts separated by commas
  Bool,  ///< the texts of parse::boolean
};
/// "text", "list", "bool".
std::string_view to_string(ParameterType type) noexcept;

/// What is known of a parameter without its effect: enough to read, check and document it.
struct ParameterInfo {
  std::string_view name;
  ParameterType type = ParameterType::Text;
  std::size_t max_bytes = 128;     ///< of a text, or of each item of a list
  std::string_view fallback = {};  ///< the default, as text; empty: none
  std::string_view allowed = {};   ///< for people
  std::string_view meaning = {};   ///< one or two sentences
  std::string_view since = {};     ///< "1.0": as in that version of the original; "new": not in the original
  bool indexed = false;  ///< may carry an index: "servicePath.2" (what is without one is the default of all)
};

/// A parameter's name as it is given.
struct ParameterName {
  std::string_view name;
  unsigned index = 0;  ///< 0: none
};
/// "servicePath.2" as ("servicePath", 2). What ends in no number from 1 on is a name as a whole.
ParameterName split_name(std::string_view text);

using ParameterValue = std::variant<std::string, std::vector<std::string>, bool>;

/// Key and text, as in a query string, percent-decoded.
using ParameterPairs = std::vector<std::pair<std::string, std::string>>;

/// The values that were given. A parameter with an empty text counts as not given (as in the original).
class ParameterValues {
 public:
  bool has(std::string_view name) const { return values_.contains(name); }
  /// The indices that occur in any name.
  const std::set<unsigned>& indices() const { return indices_; }
  /// Empty when not given.
  std::string text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  /// False when not given.
  bool flag(std::string_view name) const;
  /// The value as read; nullptr when not given.
  const ParameterValue* find(std::string_view name) const;
  void set(std::string_view name, ParameterValue value);

 private:
  std::map<std::string, ParameterValue, std::less<>> values_;
  std::set<unsigned> indices_;
};

/// Reads `pairs` by the given descriptions.
/// @return InvalidArgument, naming the parameter and what is allowed, for: an unknown one (with the nearest
/// known), an index where there is none, a repeated one, bad UTF-8, a control character, a text that is too
/// long, a list with an empty item, no boolean.
Result<ParameterValues> read_values(const ParameterPairs& pairs, std::span<const ParameterInfo> known);

/// One value by its description. Errors as above.
Result<ParameterValue> read_value(const ParameterInfo& info, std::string_view text);
/// The text that read_value takes for this value.
std::string render_value(const ParameterValue& value);

}  // namespace dfp::parameters
