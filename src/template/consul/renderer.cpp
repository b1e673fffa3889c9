#include "template/consul/renderer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/wait.hpp"

namespace dfp::tmpl::consul {
namespace {

Error not_there(const std::string& name, const std::set<std::string>& awaited) {
  return {Errc::NotFound, fmt::format("template {}: {}", name, fmt::join(awaited, "; "))};
}

}  // namespace

/// Questions that a few coroutines work off.
struct Renderer::Fetch {
  Fetch(Executor executor, std::shared_ptr<Snapshot> k, std::set<registry::Question> questions)
      : finished(std::move(executor)), known(std::move(k)), todo(questions.begin(), questions.end()) {}
  Signal finished;
  std::shared_ptr<Snapshot> known;
  std::vector<registry::Question> todo;
  std::size_t next = 0;
  std::size_t running = 0;
  Result<> status;
};

Task<> Renderer::fetch_some(std::shared_ptr<Fetch> fetch, registry::TemplateSource* source,
                            Deadline deadline) {
  while (fetch->status && fetch->next < fetch->todo.size()) {
    auto question = fetch->todo[fetch->next++];
    auto answer = co_await source->ask(question, deadline);
    if (!answer) {
      if (fetch->status) fetch->status = fail(registry::describe(question), answer.error());
      break;
    }
    fetch->known->put(question, std::move(*answer));
  }
  if (--fetch->running == 0) fetch->finished.notify_all();
}

Task<Result<>> Renderer::fetch(std::shared_ptr<Snapshot> known, std::set<registry::Question> questions,
                               Deadline deadline) {
  auto state = std::make_shared<Fetch>(executor_, std::move(known), std::move(questions));
  state->running = std::min(kAtOnce, state->todo.size());
  for (std::size_t i = state->running; i > 0; --i)
    spawn(executor_, fetch_some(state, &source_, deadline), "template.fetch");
  while (state->running > 0) {
    bool done = co_await state->finished.wait(deadline);
    if (!done && deadline.passed()) co_return fail(Errc::Timeout, "reading the registry for a template");
  }
  co_return state->status;
}

Task<Result<Rendered>> Renderer::render(std::shared_ptr<const ConsulTemplate> parsed, EvaluateOptions options,
                                        Deadline deadline) {
  auto known = std::make_shared<Snapshot>();
  for (int round = 0; round < kMostRounds; ++round) {
    auto work = [parsed, known, options, this] { return parsed->evaluate(*known, surroundings_, options); };
    auto evaluation = co_await pool_.run(std::move(work));
    if (evaluation.missing.empty()) {
      if (!evaluation.text) co_return fail(Errc::InvalidArgument, evaluation.text.error().text());
      if (!evaluation.awaited.empty())
        co_return std::unexpected(not_there(parsed->name(), evaluation.awaited));
      co_return Rendered{std::move(*evaluation.text), std::move(evaluation.used), std::move(*known)};
    }
    // An error may come from what is missing: it counts only when nothing is.
    if (known->size() + evaluation.missing.size() > kMostQuestions)
      co_return fail(Errc::InvalidArgument, fmt::format("template {}: asks for more than {} things",
                                                        parsed->name(), kMostQuestions));
    auto fetched = co_await fetch(known, std::move(evaluation.missing), deadline);
    if (!fetched) co_return fail("template " + parsed->name(), fetched.error());
  }
  co_return fail(Errc::InvalidArgument, fmt::format("template {}: needs new data after {} evaluations",
                                                    parsed->name(), kMostRounds));
}

/// Ends with the first of several waits.
struct Renderer::Watch {
  explicit Watch(Executor executor) : changed(std::move(executor)) {}
  Signal changed;
  bool done = false;
};

Task<> Renderer::watch_one(std::shared_ptr<Watch> watch, registry::TemplateSource* source,
                           registry::Question question, std::uint64_t index, Deadline deadline) {
  constexpr auto kSlice = std::chrono::seconds(30);
  constexpr auto kPause = std::chrono::seconds(1);
  while (!watch->done && !deadline.passed()) {
    auto until = Deadline::after(kSlice).min(deadline);
    auto result = co_await source->wait(question, index, until);
    if (watch->done) co_return;
    if (result) break;
    if (result.error().code == Errc::Cancelled) co_return;
    if (result.error().code != Errc::Timeout) co_await sleep_for(kPause);
  }
  watch->done = true;
  watch->changed.notify_all();
}

Task<Result<>> Renderer::changed(std::shared_ptr<const Rendered> rendered, Deadline deadline) {
  auto watch = std::make_shared<Watch>(executor_);
  for (const auto& question : rendered->used)
    if (auto index = rendered->answers.index(question); index > 0)
      spawn(executor_, watch_one(watch, &source_, question, index, deadline), "template.watch");
  while (!watch->done && !deadline.passed()) co_await watch->changed.wait(deadline);
  bool changed = std::exchange(watch->done, true) && !deadline.passed();
  if (!changed) co_return fail(Errc::Timeout, "no answer changed in time");
  co_return Result<>{};
}

}  // namespace dfp::tmpl::consul
