#pragma once
#include <memory>
#include <set>
#include <string>

#include "base/blocking.hpp"
#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "registry/template_source.hpp"
#include "template/consul/consul_template.hpp"

namespace dfp::tmpl::consul {

struct Rendered {
  std::string text;
  std::set<registry::Question> used;  ///< what the text depends on
  Snapshot answers;                   ///< with their positions, for Renderer::changed
};

/// Renders templates with a registry's present data: evaluates, asks for what was missing, and evaluates
/// again. Use from one executor; evaluation happens on a thread of the pool.
class Renderer {
 public:
  static constexpr int kMostRounds = 20;                 ///< evaluations; nested questions need one more each
  static constexpr std::size_t kMostQuestions = 50'000;  ///< of one template
  static constexpr std::size_t kAtOnce = 16;             ///< questions under way

  /// `source` and `pool` must outlive the renderer.
  Renderer(Executor executor, registry::TemplateSource& source, BlockingPool& pool, Surroundings surroundings)
      : executor_(std::move(executor)),
        source_(source),
        pool_(pool),
        surroundings_(std::move(surroundings)) {}

  /// @return InvalidArgument with the template's error; NotFound when it needs something that does not exist
  /// (a key without default, safeLs, safeTree); else why the registry could not be read.
  Task<Result<Rendered>> render(std::shared_ptr<const ConsulTemplate> parsed, EvaluateOptions options,
                                Deadline deadline);

  /// Completes when one of the answers may have changed; then render again and compare. @return Timeout.
  Task<Result<>> changed(std::shared_ptr<const Rendered> rendered, Deadline deadline);

 private:
  struct Fetch;
  struct Watch;
  Task<Result<>> fetch(std::shared_ptr<Snapshot> known, std::set<registry::Question> questions,
                       Deadline deadline);
  static Task<> fetch_some(std::shared_ptr<Fetch> fetch, registry::TemplateSource* source, Deadline deadline);
  static Task<> watch_one(std::shared_ptr<Watch> watch, registry::TemplateSource* source,
                          registry::Question question, std::uint64_t index, Deadline deadline);

  Executor executor_;
  registry::TemplateSource& source_;
  BlockingPool& pool_;
  Surroundings surroundings_;
};

}  // namespace dfp::tmpl::consul
