#include "app/template_renderer.hpp"

#include "app/template_cursor.hpp"
#include "app/template_surroundings.hpp"
#include "base/wait.hpp"
#include "model/rendered_text.hpp"

namespace dfp::app {
namespace {
namespace consul = tmpl::consul;

using namespace std::chrono_literals;

constexpr auto kRenderTime = 10s;  ///< for all evaluations and answers: other requests wait meanwhile
constexpr unsigned kThreads = 2;   ///< for reading and evaluating; a rendering is ended after 5 s

/// To whoever asked, a template that waits for something is wrong now.
Error refusal(Error error) {
  if (error.code == Errc::NotFound) error.code = Errc::InvalidArgument;
  return error;
}

/// Which parameter names the template at this place of Definition::templates().
std::string_view parameter_of(const model::Definition& definition, std::size_t place) {
  if (!definition.consul_template_path.empty()) return "consulTemplatePath";
  bool by_younger_names = definition.consul_template_fe_path.empty();
  if (place == 0) return by_younger_names ? "templateFePath" : "consulTemplateFePath";
  return by_younger_names ? "templateBePath" : "consulTemplateBePath";
}

}  // namespace

/// A rendering's data: one part for each template.
struct TemplateRenderer::Parts : reconcile::Rendering::Basis {
  std::vector<Part> parts;
};

struct TemplateRenderer::FirstChange {
  explicit FirstChange(Executor executor) : happened(std::move(executor)) {}
  Signal happened;
  bool changed = false;
};

TemplateRenderer::TemplateRenderer(Executor executor, const settings::Settings& settings,
                                   registry::TemplateSource& source)
    : executor_(executor),
      folder_(settings.templates_dir),
      pool_(kThreads),
      renderer_(executor, source, pool_, template_surroundings(settings, settings.templates_dir)) {}

Task<Result<std::vector<TemplateFile>>> TemplateRenderer::read(model::Definition definition) {
  auto work = [folder = folder_, definition = std::move(definition)]() -> Result<std::vector<TemplateFile>> {
    std::vector<TemplateFile> files;
    for (const auto& name : definition.templates()) {
      auto text = read_template_file(folder, name);
      if (!text) return fail(parameter_of(definition, files.size()), text.error());
      files.push_back({name, std::move(*text)});
    }
    return files;
  };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<TemplateRenderer::Part>> TemplateRenderer::render_part(TemplateFile file,
                                                                   consul::EvaluateOptions options,
                                                                   Deadline deadline) {
  auto parsed = consul::ConsulTemplate::parse(std::move(file.name), std::move(file.text));
  if (!parsed) co_return fail(Errc::InvalidArgument, parsed.error().text());
  auto shared = std::make_shared<const consul::ConsulTemplate>(std::move(*parsed));
  auto rendered = co_await renderer_.render(shared, std::move(options), deadline);
  if (!rendered) co_return std::unexpected(refusal(std::move(rendered.error())));
  co_return std::make_shared<const consul::Rendered>(std::move(*rendered));
}

Task<Result<reconcile::Rendering>> TemplateRenderer::render(model::Definition definition,
                                                            std::chrono::system_clock::time_point now,
                                                            Deadline deadline) {
  deadline = deadline.min(Deadline::after(kRenderTime));
  auto files = co_await read(definition);
  if (!files) co_return std::unexpected(files.error());
  consul::EvaluateOptions options;
  options.data = template_cursor(definition);
  options.now = now;
  reconcile::Rendering rendering{"", hash_of(*files), nullptr};
  auto basis = std::make_shared<Parts>();
  for (auto& file : *files) {
    auto name = file.name;
    auto part = co_await render_part(std::move(file), options, deadline);
    if (!part) co_return std::unexpected(part.error());
    const auto& text = (*part)->text;
    rendering.text =
        basis->parts.empty() ? text : model::join_rendered(std::move(rendering.text), name, text);
    basis->parts.push_back(std::move(*part));
  }
  rendering.basis = std::move(basis);
  co_return rendering;
}

Task<> TemplateRenderer::watch_part(std::shared_ptr<FirstChange> first, Part part, Deadline deadline) {
  auto changed = co_await renderer_.changed(std::move(part), deadline);
  if (!changed) co_return;
  first->changed = true;
  first->happened.notify_all();
}

Task<Result<>> TemplateRenderer::changed(std::shared_ptr<const reconcile::Rendering::Basis> basis,
                                         Deadline deadline) {
  auto first = std::make_shared<FirstChange>(executor_);
  for (const auto& part : static_cast<const Parts&>(*basis).parts)
    spawn(executor_, watch_part(first, part, deadline), "template.watch_part");
  while (!first->changed && !deadline.passed()) co_await first->happened.wait(deadline);
  if (!first->changed) co_return fail(Errc::Timeout, "no answer changed in time");
  co_return Result<>{};
}

}  // namespace dfp::app
