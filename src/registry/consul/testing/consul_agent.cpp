#include "registry/consul/testing/consul_agent.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/testing.hpp"
#include "net/http_client.hpp"

namespace dfp::registry::consul::testing {
namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string find_program() {
  for (auto path : {"/usr/bin/consul", "/usr/local/bin/consul"})
    if (access(path, X_OK) == 0) return path;
  return {};
}

/// An address of this test program's own, so that no other agent of the machine can be met.
std::string private_host() {
  static unsigned count = 0;
  auto pid = static_cast<unsigned>(getpid());
  return fmt::format("127.{}.{}.{}", 64 + pid / 250 % 128, pid % 250 + 1, ++count % 250 + 1);
}

std::uint16_t free_port(const std::string& host) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
               getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port on " + host);
  return ntohs(address.sin_port);
}

Task<std::string> ask(net::Endpoint endpoint, net::HttpRequest request) {
  auto executor = co_await boost::asio::this_coro::executor;
  net::HttpClient client(executor, std::move(endpoint));
  auto response = co_await client.send(std::move(request), Deadline::after(5s));
  co_return response && response->status < 300 ? response->body : "";
}

}  // namespace

std::string why_no_consul() {
  return find_program().empty() ? "no consul program on this machine: tools/install-consul installs it" : "";
}

ConsulAgent::ConsulAgent(AgentOptions options) : options_(std::move(options)), host_(private_host()) {
  auto pattern = (fs::temp_directory_path() / "dfp-consul-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  http_port_ = free_port(host_);
  server_port_ = free_port(host_);
  serf_port_ = free_port(host_);
  start();
}

ConsulAgent::~ConsulAgent() {
  kill();
  fs::remove_all(folder_);
}

std::string ConsulAgent::configuration() const {
  auto text = fmt::format(
      R"({{"bind_addr":"{0}","client_addr":"{0}","datacenter":"dc1","node_name":"{1}","log_level":"WARN",
      "disable_update_check":true,"performance":{{"raft_multiplier":1}},
      "ports":{{"http":{2},"server":{3},"serf_lan":{4},"dns":-1,"serf_wan":-1,"grpc":-1}})",
      host_, options_.node, http_port_, server_port_, serf_port_);
  auto data = (folder_ / "data").string();
  if (options_.keeps_data)
    text += fmt::format(R"(,"server":true,"bootstrap_expect":1,"data_dir":"{}")", data);
  if (!options_.joins.empty())
    text += fmt::format(R"(,"server":false,"retry_join":["{}"],"retry_interval":"1s","data_dir":"{}")",
                        options_.joins, data);
  if (!options_.extra.empty()) text += "," + options_.extra;
  return text + "}";
}

void ConsulAgent::start() {
  auto program = find_program();
  auto config = (folder_ / "consul.json").string(), log = (folder_ / "consul.log").string();
  std::ofstream(config) << configuration();
  auto flag = "-config-file=" + config;
  pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    bool dev = !options_.keeps_data && options_.joins.empty();
    execl(program.c_str(), "consul", "agent", flag.c_str(), dev ? "-dev" : nullptr, nullptr);
    _exit(127);
  }
  for (auto deadline = Deadline::after(60s); !has_leader(); std::this_thread::sleep_for(50ms))
    if (deadline.passed() || waitpid(pid_, nullptr, WNOHANG) != 0) {
      std::ifstream file(log);
      throw std::runtime_error("consul did not start:\n" +
                               std::string(std::istreambuf_iterator<char>(file), {}));
    }
}

void ConsulAgent::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

/// Without a leader Consul answers 200 and an empty JSON text.
bool ConsulAgent::has_leader() const { return request("GET", "/v1/status/leader").size() > 4; }

std::string ConsulAgent::request(const std::string& method, const std::string& target,
                                 const std::string& body, const std::string& token) const {
  net::HttpRequest request(method, target, body);
  if (!token.empty()) request.headers.add("X-Consul-Token", token);
  return dfp::testing::run([&](Executor) { return ask(endpoint(), request); });
}

}  // namespace dfp::registry::consul::testing
