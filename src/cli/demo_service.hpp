#pragma once
#include <chrono>
#include <string>

#include "net/endpoint.hpp"
#include "net/http_message.hpp"

namespace dfp::cli {

/// The small HTTP service of the demo: answers every path with who it is.
struct DemoService {
  net::ListenAddress listen;
  std::string name;
  std::string instance;  ///< empty: NAME-PORT, or the host's name where it listens on every address
  std::chrono::milliseconds delay{0};
};

/// 200 with the instance in X-Instance; text, or JSON for clients that accept it only.
net::HttpResponse demo_answer(const std::string& name, const std::string& instance,
                              const net::HttpRequest& request);

/// Serves until the process is ended. @return an exit status when it cannot listen.
int serve_demo(const DemoService& service);

}  // namespace dfp::cli
