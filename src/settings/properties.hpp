#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "settings/settings.hpp"

/// THE settings: one table from which flags, variables, the file's keys, checks and the reference in docs/
/// are derived.
namespace dfp::settings {

/// Property::allowed of a flag that may stand without a value.
inline constexpr std::string_view kBoolean = "true or false";

/// Takes a checked text into the settings. An error says what is wrong with the value; the caller adds whose
/// it is.
using Setter = Result<> (*)(Settings& settings, std::string_view text);

/// A variable with a name of its own (the original's, or Consul's) that sets the same property as DFP_….
struct Variable {
  std::string_view name = {};
  Setter set = nullptr;    ///< where its text has another form; nullptr: the property's
  bool renamable = false;  ///< NAME_ENV may hold the name of the variable to read instead
};

struct Property {
  std::string_view
      key;  ///< "state-dir": the flag is --state-dir, the variable DFP_STATE_DIR, the file's key state-dir
  std::string_view allowed;  ///< what is accepted, with the unit
  std::string_view help;
  Setter set;
  std::string (*get)(const Settings& settings);  ///< the text that `set` takes
  std::array<Variable, 2> also = {};  ///< read after DFP_… only when that is not set, in this order
  bool secret = false;                ///< never printed, and not a flag: command lines can be seen by others

  /// "DFP_STATE_DIR".
  std::string variable() const;
};

std::span<const Property> properties();
const Property* find_property(std::string_view key);

/// The value for people: secrets as "(set)".
std::string shown_value(const Property& property, const Settings& settings);

}  // namespace dfp::settings
