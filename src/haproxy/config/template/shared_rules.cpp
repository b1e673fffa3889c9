#include "haproxy/config/template/shared_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "haproxy/config/frontend.hpp"

namespace dfp::haproxy::config {
namespace {

using Names = std::set<std::string, std::less<>>;

// What the shared frontend has anyway, or decides in the same way for all services.
constexpr std::string_view kIgnoredLines[] = {
    "mode http",      "option forwardfor",  "option http-server-close", "option httpclose",
    "option httplog", "option dontlognull", "option http-keep-alive",   "option dontlog-normal",
    "log global",     "option redispatch"};
constexpr std::string_view kConditionalRules[] = {"http-request", "http-response", "http-after-response"};

/// A word of a condition without its negations.
std::string_view positive(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of('!'), word.size()));
}
bool is_block_begin(std::string_view word) { return positive(word) == "{"; }
bool is_condition_word(std::string_view word) { return word == "if" || word == "unless"; }

/// Values that follow an action: they may look like the beginning of a condition.
struct Action {
  std::string_view name;
  std::size_t values;
};
constexpr Action kActions[] = {{"add-header", 2},     {"del-header", 1},    {"early-hint", 2},
                               {"replace-header", 3}, {"replace-path", 2},  {"replace-pathq", 2},
                               {"replace-uri", 2},    {"replace-value", 3}, {"set-header", 2},
                               {"set-method", 1},     {"set-path", 1},      {"set-pathq", 1},
                               {"set-query", 1},      {"set-uri", 1},       {"set-status", 1}};

/// Where the condition of a rule begins ("if"): the last such word that is neither inside of { } nor a value.
std::optional<std::size_t> find_condition(const Line& line) {
  auto action = std::ranges::find(kActions, line.word(1), &Action::name);
  std::size_t first = 2 + (action == std::end(kActions) ? 0 : action->values);
  int depth = 0;
  for (auto n = line.words.size(); n-- > first;) {
    auto word = line.word(n);
    if (word == "}")
      ++depth;
    else if (is_block_begin(word))
      --depth;
    else if (depth == 0 && is_condition_word(word))
      return n;
  }
  return std::nullopt;
}

class SharedRules {
 public:
  SharedRules(std::string_view prefix, const Names& backends, Fragment& fragment)
      : prefix_(prefix), backends_(backends), fragment_(fragment) {}

  Result<> add(const Section& frontend) {
    for (const auto& line : frontend.lines)
      if (line.word(0) == "acl") acls_.insert(std::string(line.word(1)));
    for (const auto& line : frontend.lines)
      if (auto ok = add(line); !ok) return ok;
    return {};
  }

 private:
  Result<> add(const Line& line) {
    auto keyword = line.word(0);
    if (keyword == "bind" || keyword == "description") return {};
    for (const auto& word : line.words)
      if (word.text.empty()) return refuse_line(line, "an empty word may hide a condition from HAProxy");
    if (auto ok = check_variables(line); !ok) return ok;
    if (keyword == "acl") return add_acl(line);
    if (keyword == "use_backend") return add_choice(line);
    if (keyword == "default_backend") return add_fallback(line);
    if (keyword == "redirect") return add_rule(line, fragment_.redirects);
    if (std::ranges::find(kConditionalRules, keyword) != std::end(kConditionalRules))
      return add_rule(line, fragment_.rules);
    if (std::ranges::find(kIgnoredLines, joined(line)) != std::end(kIgnoredLines)) {
      fragment_.ignored.push_back({line.raw, line.number});
      return {};
    }
    return refuse_line(line,
                       fmt::format("'{}' would change the frontend that all services share; write it in "
                                   "a backend, or in a frontend on a port of its own",
                                   keyword));
  }

  static std::string joined(const Line& line) {
    std::string text;
    for (const auto& word : line.words) text += (text.empty() ? "" : " ") + word.text;
    return text;
  }

  Result<> add_acl(const Line& line) {
    if (line.words.size() < 3) return refuse_line(line, "an acl needs a name and a condition");
    if (is_condition_word(line.word(1)) || line.word(1) == "or" || line.word(1) == "||")
      return refuse_line(line, "invalid ACL name");
    fragment_.rules.push_back({"  " + with_prefix(line, 1, 2), line.number});
    return {};
  }

  Result<> add_choice(const Line& line) {
    if (line.words.size() == 2)
      return refuse_line(line,
                         "takes the requests of all services: give it a condition, or write "
                         "default_backend for requests that nobody else claims");
    if (!is_condition_word(line.word(2)) || line.words.size() < 4)
      return refuse_line(line, "this is not 'use_backend NAME if CONDITION'");
    if (auto ok = check_own(line); !ok) return ok;
    fragment_.choices.push_back({"  " + with_prefix(line, 3, line.words.size()), line.number});
    return {};
  }

  Result<> add_fallback(const Line& line) {
    if (line.words.size() != 2) return refuse_line(line, "default_backend takes one name and no condition");
    if (auto ok = check_own(line); !ok) return ok;
    if (fragment_.fallback) return refuse_line(line, "there are two default_backend lines");
    fragment_.fallback = FragmentLine{"  " + line.raw, line.number};
    return {};
  }

  Result<> add_rule(const Line& line, std::vector<FragmentLine>& target) {
    auto condition = find_condition(line);
    if (!condition || *condition + 1 == line.words.size())
      return refuse_line(line, "applies to the requests of all services: give it a condition");
    if (line.word(1).starts_with("track-sc") || line.word(1).starts_with("sc-") || line.word(1) == "capture")
      return refuse_line(line, fmt::format("'{}' uses counters and slots of the frontend that all services "
                                           "share; write it in a backend",
                                           line.word(1)));
    target.push_back({"  " + with_prefix(line, *condition + 1, line.words.size()), line.number});
    return {};
  }

  Result<> check_own(const Line& line) const {
    if (backends_.contains(line.word(1))) return {};
    return refuse_line(line, fmt::format("the template has no backend '{}'", line.word(1)));
  }

  static Result<> check_variables(const Line& line) {
    for (const auto& word : line.words)
      for (auto variable : kFrontendVariables)
        for (auto setter : {"set-var", "set-var-fmt", "unset-var"})
          if (calls(word.text, setter, variable))
            return refuse_line(line, fmt::format("{} is a variable of the proxy's own", variable));
    return {};
  }

  /// The line with the prefix before every name of an acl among its words [first, last).
  std::string with_prefix(const Line& line, std::size_t first, std::size_t last) const {
    std::string text;
    std::size_t copied = 0;
    bool block = false;
    for (auto n = first; n < last; ++n) {
      const auto& word = line.words[n];
      if (block || is_block_begin(word.text)) {
        block = word.text != "}";
        continue;
      }
      auto name = positive(word.text);
      if (!acls_.contains(name)) continue;
      auto negations = std::string_view(word.text).substr(0, word.text.size() - name.size());
      auto before = std::string_view(line.raw).substr(copied, word.begin - copied);
      text += fmt::format("{}{}{}{}", before, negations, prefix_, name);
      copied = word.end;
    }
    return text + line.raw.substr(copied);
  }

  std::string_view prefix_;
  const Names& backends_;
  Fragment& fragment_;
  Names acls_;
};

}  // namespace

Result<> add_shared_rules(const Section& frontend, std::string_view prefix, const Names& backends,
                          Fragment& fragment) {
  return SharedRules(prefix, backends, fragment).add(frontend);
}

}  // namespace dfp::haproxy::config
