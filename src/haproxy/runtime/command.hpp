#pragma once
#include <optional>
#include <string>
#include <vector>

#include "haproxy/runtime/replies.hpp"

namespace dfp::haproxy::runtime {

/// One thing to be said to the running worker, and the answer that means success.
struct Command {
  enum class Answer { Nothing, ServerAdded, ServerDeleted, BackendPublished, Anything };

  std::string text;
  Answer answer = Answer::Nothing;
  /// Instead of `text`: replace all of patterns.map by these entries, atomically (prepare, add, commit).
  std::optional<std::vector<MapEntry>> patterns = std::nullopt;
};
using Commands = std::vector<Command>;

}  // namespace dfp::haproxy::runtime
