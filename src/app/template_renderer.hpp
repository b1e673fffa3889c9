#pragma once
#include <memory>
#include <vector>

#include "app/template_files.hpp"
#include "base/blocking.hpp"
#include "reconcile/renderer.hpp"
#include "registry/template_source.hpp"
#include "settings/settings.hpp"
#include "template/consul/renderer.hpp"

namespace dfp::app {

/// Renders templates of the folder `templates-dir` as Consul Templates.
class TemplateRenderer : public reconcile::Renderer {
 public:
  /// @param source must outlive the renderer.
  TemplateRenderer(Executor executor, const settings::Settings& settings, registry::TemplateSource& source);

  Task<Result<reconcile::Rendering>> render(model::Definition definition,
                                            std::chrono::system_clock::time_point now,
                                            Deadline deadline) override;
  Task<Result<>> changed(std::shared_ptr<const reconcile::Rendering::Basis> basis,
                         Deadline deadline) override;

 private:
  using Part = std::shared_ptr<const tmpl::consul::Rendered>;
  struct Parts;
  struct FirstChange;
  Task<Result<std::vector<TemplateFile>>> read(model::Definition definition);
  Task<Result<Part>> render_part(TemplateFile file, tmpl::consul::EvaluateOptions options, Deadline deadline);
  Task<> watch_part(std::shared_ptr<FirstChange> first, Part part, Deadline deadline);

  Executor executor_;
  std::string folder_;
  BlockingPool pool_;
  tmpl::consul::Renderer renderer_;
};

}  // namespace dfp::app
