#include "cli/demo_service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <memory>

#include "base/parse.hpp"
#include "base/wait.hpp"
#include "cli/command.hpp"
#include "net/http_server.hpp"

namespace dfp::cli {
namespace {

constexpr auto kFinishRequests = std::chrono::seconds(8);  ///< below the 10 s of `docker stop`

constexpr auto kFooter = R"(Examples:
  docker-flow-proxy demo-service --listen 127.0.0.1:0 --name go-demo
  docker-flow-proxy demo-service --listen 127.0.0.1:9001 --name go-demo-blue --delay 50ms)";

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string name = "go-demo";
  std::string instance;
  std::string delay = "0";
};

Result<DemoService> read(const Options& options) {
  auto listen = net::parse_listen_address(options.listen);
  if (!listen) return fail("--listen", listen.error());
  auto delay = parse::duration(options.delay, std::chrono::milliseconds(0), std::chrono::hours(1));
  if (!delay) return fail("--delay", delay.error());
  return DemoService{*listen, options.name, options.instance, *delay};
}

/// In a container the port tells nobody apart, and the host's name is the container's id.
std::string default_instance(const DemoService& service, std::uint16_t port) {
  std::array<char, 256> host{};
  bool everywhere = service.listen.host.empty() || service.listen.host == "0.0.0.0";
  if (everywhere && ::gethostname(host.data(), host.size() - 1) == 0 && host[0] != 0) return host.data();
  return fmt::format("{}-{}", service.name, port);
}

Task<> finish(net::HttpServer* server, boost::asio::io_context* context) {
  co_await server->shutdown(Deadline::after(kFinishRequests));
  context->stop();
}

}  // namespace

net::HttpResponse demo_answer(const std::string& name, const std::string& instance,
                              const net::HttpRequest& request) {
  auto path = request.target.substr(0, request.target.find('?'));
  auto accept = request.headers.find("Accept").value_or("");
  if (accept.starts_with("application/json")) {
    boost::json::object body{{"service", name}, {"instance", instance}, {"path", path}};
    return {200,
            boost::json::serialize(body) + "\n",
            {{"Content-Type", "application/json"}, {"X-Instance", instance}}};
  }
  return {200,
          fmt::format("hello from {} ({}): {}\n", instance, name, path),
          {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Instance", instance}}};
}

int serve_demo(const DemoService& service) {
  boost::asio::io_context context(1);
  auto instance = std::make_shared<std::string>(service.instance);
  // A function object, not a capturing coroutine: the coroutine below owns what it uses.
  struct Handler {
    DemoService service;
    std::shared_ptr<std::string> instance;
    Task<net::HttpResponse> operator()(net::HttpRequest request) const {
      return answer(service, instance, std::move(request));
    }
    static Task<net::HttpResponse> answer(DemoService service, std::shared_ptr<std::string> instance,
                                          net::HttpRequest request) {
      if (service.delay.count() > 0) co_await sleep_for(service.delay);
      co_return demo_answer(service.name, *instance, request);
    }
  };
  net::HttpServer server(context.get_executor(), Handler{service, instance});
  auto listening = server.listen(service.listen);
  if (!listening) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", listening.error().what);
    return kNoAddress;
  }
  if (instance->empty()) *instance = default_instance(service, server.port());
  auto address = service.listen;
  address.port = server.port();
  fmt::print("{} listens on {}\n", *instance, address.text());
  std::fflush(stdout);
  // As the first process of a container it would not be ended by a signal that it does not handle.
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) spawn(context.get_executor(), finish(&server, &context), "demo_service.finish");
  });
  context.run();
  return kOk;
}

void add_demo_service(Program& program) {
  auto* command = program.app.add_subcommand(
      "demo-service", "Run a small HTTP service that reports its name, for trying out routes.");
  command->footer(kFooter);
  auto options = std::make_shared<Options>();
  command
      ->add_option("--listen", options->listen,
                   "ADDR:PORT; port 0: any free one, which is printed.\nDefault: 127.0.0.1:0")
      ->option_text("VALUE");
  command->add_option("--name", options->name, "Name of the service.\nDefault: go-demo")
      ->option_text("VALUE");
  command
      ->add_option("--instance", options->instance,
                   "Name of this instance, in X-Instance.\nDefault: NAME-PORT; where it listens on every "
                   "address, the host's name")
      ->option_text("VALUE");
  command->add_option("--delay", options->delay, "Wait before each answer (250ms, 2s).\nDefault: 0")
      ->option_text("VALUE");
  command->callback([options, &program] {
    auto service = read(*options);
    if (!service) fmt::print(stderr, "docker-flow-proxy: {}\n", service.error().what);
    program.status = service ? serve_demo(*service) : kUsage;
  });
}

}  // namespace dfp::cli
