#include "app/template_program.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "app/open_registry.hpp"
#include "app/template_surroundings.hpp"
#include "base/blocking.hpp"
#include "base/file.hpp"
#include "cli/exit_status.hpp"
#include "template/consul/renderer.hpp"
#include "template/json.hpp"

namespace dfp::app {
namespace {
namespace asio = boost::asio;
namespace consul = tmpl::consul;
namespace fs = std::filesystem;

using Parsed = std::shared_ptr<const consul::ConsulTemplate>;

/// Stands for a registry where none was named.
class NoRegistry : public registry::TemplateSource {
 public:
  Task<Result<registry::SourceAnswer>> ask(registry::Question, Deadline) override {
    co_return fail(Errc::InvalidArgument, "this needs a registry, and none is named (see --registry)");
  }
  Task<Result<>> wait(registry::Question question, std::uint64_t, Deadline) override {
    co_return fail(Errc::Timeout, registry::describe(question));
  }
};

int complain(const std::string& what, int status) {
  fmt::print(stderr, "{}\n", what);
  return status;
}

/// The whole text or nothing. A reader that has gone away is a failure.
int put(const std::string& text) {
  bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? cli::kOk : complain("standard output does not take the text", cli::kFailed);
}

Result<std::string> read_text(const std::string& file) {
  if (file != "-") return file::read(file);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

/// As Go's ParseFiles and Consul Template call it.
std::string name_of(const std::string& file) {
  return file == "-" ? "stdin" : fs::path(file).filename().string();
}

Result<consul::EvaluateOptions> evaluate_options(const cli::TemplateCall& call) {
  consul::EvaluateOptions options;
  auto wish = call.missing_key.empty() ? (call.has_registry ? "zero" : "default") : call.missing_key;
  options.missing_key = wish == "error"  ? tmpl::MissingKey::Error
                        : wish == "zero" ? tmpl::MissingKey::Zero
                                         : tmpl::MissingKey::Default;
  if (call.data_file.empty()) return options;
  auto text = file::read(call.data_file);
  if (!text) return std::unexpected(text.error());
  auto data = tmpl::json::parse(*text, tmpl::json::Numbers::IntOrFloat);
  if (!data) return fail(Errc::Rejected, fmt::format("{}: {}", call.data_file, data.error()));
  options.data = std::move(*data);
  return options;
}

std::string explanation(const consul::Rendered& rendered) {
  std::string out;
  for (const auto& question : rendered.used) out += registry::describe(question) + "\n";
  return out;
}

/// What is wrong with the template, or with what it asks for, is told apart from what is wrong around it.
int failed(const Error& error) {
  bool of_template = error.code == Errc::InvalidArgument || error.code == Errc::NotFound;
  return complain(error.what, of_template ? cli::kNotRendered : cli::kFailed);
}

/// `file` reads below the templates' folder, or beside the template where none is named.
std::string folder_of(const settings::Settings& settings, const cli::TemplateCall& call) {
  if (call.templates_dir) return settings.templates_dir;
  auto folder = call.file == "-" ? fs::path() : fs::path(call.file).parent_path();
  return folder.empty() ? "." : folder.string();
}

Task<int> render(Executor executor, settings::Settings settings, cli::TemplateCall call, Parsed parsed) {
  auto options = evaluate_options(call);
  if (!options) co_return complain(options.error().what, cli::kFailed);
  std::unique_ptr<OpenRegistry> registry;
  if (call.has_registry) {
    auto opened = open_registry(executor, settings);
    if (!opened) co_return complain(opened.error().what, cli::kFailed);
    registry = std::move(*opened);
  }
  NoRegistry nothing;
  registry::TemplateSource& source = registry ? registry->template_source() : nothing;
  BlockingPool pool(1);
  consul::Renderer renderer(executor, source, pool,
                            template_surroundings(settings, folder_of(settings, call)));
  auto rendered = co_await renderer.render(parsed, *options, Deadline::after(settings.request_timeout));
  if (!rendered) co_return failed(rendered.error());
  co_return put(call.explain ? explanation(*rendered) : rendered->text);
}

}  // namespace

int run_template(const settings::Settings& settings, const cli::TemplateCall& call) {
  std::signal(SIGPIPE, SIG_IGN);
  auto text = read_text(call.file);
  if (!text) return complain(text.error().what, cli::kFailed);
  tmpl::ParseOptions options;
  options.left = call.left;
  options.right = call.right;
  auto parsed = consul::ConsulTemplate::parse(name_of(call.file), std::move(*text), options);
  if (!parsed) return complain(parsed.error().text(), cli::kNotParsed);
  if (call.check) return put(fmt::format("{}: ok\n", call.file));

  asio::io_context context(1);
  int status = cli::kFailed;
  auto shared = std::make_shared<const consul::ConsulTemplate>(std::move(*parsed));
  asio::co_spawn(context, render(context.get_executor(), settings, call, shared),
                 [&](std::exception_ptr failure, int ended) {
                   status = failure ? cli::kFailed : ended;
                   context.stop();
                   if (failure) std::rethrow_exception(failure);
                 });
  context.run();
  return status;
}

}  // namespace dfp::app
