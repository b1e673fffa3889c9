#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "registry/template_source.hpp"
#include "template/function.hpp"
#include "template/value.hpp"

namespace re2 {
class RE2;
}

namespace dfp::tmpl::consul {

/// Answers of a registry, as values for templates.
class Snapshot {
 public:
  void put(const registry::Question& question, registry::SourceAnswer answer);
  /// nullptr when it was not asked yet.
  const Value* find(const registry::Question& question) const;
  /// Position of an answer, for TemplateSource::wait.
  std::uint64_t index(const registry::Question& question) const;
  std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    Value value;
    std::uint64_t index = 0;
  };
  std::map<registry::Question, Known> known_;
};

/// What templates may see beside the registry.
struct Surroundings {
  /// Environment variables that templates may read, with their values; one that is not set has none.
  std::map<std::string, std::optional<std::string>, std::less<>> environment;
  /// Reads a file below the templates' folder; none: the function `file` fails. @return the text of the
  /// failure
  std::function<std::expected<std::string, std::string>(std::string_view path)> read_file;
};

/// State of one evaluation: what it found, what it missed, what it keeps between function calls.
class Session : public Context {
 public:
  /// All must outlive the session.
  Session(const Snapshot& snapshot, const Surroundings& surroundings,
          std::chrono::system_clock::time_point now);
  ~Session() override;

  /// The answer to a question, noted as used; nullptr, and noted as missing, when it was not asked yet.
  const Value* recall(const registry::Question& question);
  /// Notes that rendering has to wait until something exists: `what` says what.
  void wait_for(std::string what) { awaited_.insert(std::move(what)); }

  const std::set<registry::Question>& used() const { return used_; }
  const std::set<registry::Question>& missing() const { return missing_; }
  const std::set<std::string>& awaited() const { return awaited_; }
  const Surroundings& surroundings() const { return surroundings_; }
  /// The same throughout a rendering.
  std::chrono::system_clock::time_point now() const { return now_; }

  /// A compiled expression, kept for the next call. @return the text of the failure
  std::expected<const re2::RE2*, std::string> regex(std::string_view pattern);

  /// The store behind the function `scratch`.
  using ScratchMap = std::map<std::string, Value, std::less<>>;
  std::map<std::string, std::variant<Value, ScratchMap>, std::less<>> scratch;

 private:
  const Snapshot& snapshot_;
  const Surroundings& surroundings_;
  std::chrono::system_clock::time_point now_;
  std::set<registry::Question> used_;
  std::set<registry::Question> missing_;
  std::set<std::string> awaited_;
  std::map<std::string, std::unique_ptr<const re2::RE2>, std::less<>> expressions_;
};

/// The session of a rendering that was given one.
inline Session& session_of(Invocation& invocation) { return static_cast<Session&>(*invocation.context()); }

}  // namespace dfp::tmpl::consul
