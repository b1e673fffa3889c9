#include "cli/ready.hpp"

#include <algorithm>
#include <thread>

namespace dfp::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPause = 100ms;
constexpr std::chrono::milliseconds kAttempt =
    2s;  ///< a proxy that hangs while it starts may yet be replaced

std::string_view readiness_path() {
  auto all = api::endpoints();
  return std::ranges::find(all, api::Action::InitialReload, &api::Endpoint::action)->path;
}

}  // namespace

std::expected<net::HttpResponse, NoAnswer> wait_until_ready(ApiCall call, std::chrono::milliseconds limit) {
  auto end = steady_clock::now() + limit;
  call.path = readiness_path();
  for (;;) {
    auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now());
    call.timeout = std::clamp<std::chrono::milliseconds>(rest, 1ms, kAttempt);
    auto response = call_api(call);
    bool is_ready = response && response->status == 200;
    if (is_ready || steady_clock::now() + kPause >= end) return response;
    if (call.waiting) call.waiting();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace dfp::cli
