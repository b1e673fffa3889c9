#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "haproxy/config/backend.hpp"
#include "haproxy/config/template/fold.hpp"

namespace dfp::haproxy::config {

/// Whole lines for haproxy.cfg that `fold` has let through; nothing else can become one.
class TemplateText {
 public:
  const std::string& lines() const { return lines_; }
  bool empty() const { return lines_.empty(); }
  /// Adds lines of a template, after a comment that names the service.
  void add(std::string_view service, const std::vector<FragmentLine>& lines);

  bool operator==(const TemplateText&) const = default;

 private:
  std::string lines_;
};

/// What all custom templates together put into haproxy.cfg.
struct TemplateTexts {
  TemplateText rules;
  TemplateText redirects;
  TemplateText choices;
  TemplateText fallback;  ///< at most one line
  TemplateText sections;

  /// @param addresses of its servers' names: those that are not known have no address yet
  void add(std::string_view service, const Fragment& fragment, const Addresses& addresses = {});

  bool operator==(const TemplateTexts&) const = default;
};

/// The comment that begins the lines of a service's template: "# template of go-demo".
inline constexpr std::string_view kTemplateMark = "# template of ";

/// By service.
using Fragments = std::map<std::string, Fragment, std::less<>>;

/// Section and server -> address; only of servers that are followed and have one.
using ServerAddresses = std::map<std::pair<std::string, std::string>, std::string>;
ServerAddresses server_addresses(const Fragments& fragments, const Addresses& addresses);

/// Whether a service's fragment can stand beside those of the others.
/// @return Conflict naming both services, the name or port, and the line.
Result<> check_apart(std::string_view service, const Fragment& fragment, const Fragments& others);

/// A configuration with nothing but one fragment, for a check that other services cannot disturb nor be
/// disturbed by.
struct IsolatedConfig {
  std::string text;
  std::vector<std::size_t> lines;  ///< for each line of `text` the template's line; 0: none
};
IsolatedConfig isolated_config(const Fragment& fragment);

/// HAProxy's complaints about an isolated configuration with the template's line: "line 7: unknown keyword
/// 'foo' in 'backend' section".
std::string explain(const IsolatedConfig& config, std::string_view complaints);

}  // namespace dfp::haproxy::config
