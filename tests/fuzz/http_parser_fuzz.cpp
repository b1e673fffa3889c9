// HTTP messages: never crashes, keeps its limits, and understands a message in pieces as it does in one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http_parser.hpp"

namespace {
using namespace dfp::net;

constexpr std::size_t kHead = 512;
constexpr std::size_t kBody = 256;

struct Outcome {
  bool done = false;
  int refused = 0;  ///< status; 0: not refused
  std::string text;
};

std::string text_of(const HttpRequest& message) { return message.method + " " + message.target; }
std::string text_of(const HttpResponse& message) { return std::to_string(message.status); }

/// Feeds `data` in pieces of `step` bytes, as a connection would.
template <class Parser, class Message>
Outcome run(Parser parser, Message& (Parser::*message)(), std::string_view data, std::size_t step) {
  Outcome outcome;
  std::size_t used = 0;
  for (std::size_t end = std::min(step, data.size()); !parser.done();
       end = std::min(end + step, data.size())) {
    auto count = parser.feed(data.substr(used, end - used));
    if (!count) {
      outcome.refused = count.error().status;
      return outcome;
    }
    used += *count;
    if (end == data.size()) break;
  }
  outcome.done = parser.done();
  auto& result = (parser.*message)();
  if (result.body.size() > kBody) std::abort();
  if (!outcome.done) return outcome;
  outcome.text = text_of(result) + "\n";
  for (const auto& [name, value] : result.headers) outcome.text += name + ": " + value + "\n";
  outcome.text += result.body;
  return outcome;
}

void check(const Outcome& whole, const Outcome& pieces) {
  // When a bad message is refused, and which limit a long one breaks, may depend on the pieces; what it says
  // may not.
  bool limits = whole.refused > 400 || pieces.refused > 400;
  if (!limits && (whole.done != pieces.done || whole.text != pieces.text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::size_t step = data[0] % 7 + 1;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  ParseLimits limits{kHead, kBody};
  check(run(RequestParser(limits), &RequestParser::request, text, text.size() + 1),
        run(RequestParser(limits), &RequestParser::request, text, step));
  check(run(ResponseParser(false, limits), &ResponseParser::response, text, text.size() + 1),
        run(ResponseParser(false, limits), &ResponseParser::response, text, step));
  return 0;
}
