#include "net/http_probe.hpp"

#include "net/http_parser.hpp"
#include "net/http_wire.hpp"
#include "net/read_buffer.hpp"

namespace dfp::net {
namespace {

/// The status of the next head; what is behind it stays in the buffer.
Task<Result<int>> read_status(ByteStream* stream, ReadBuffer* buffer, bool to_head) {
  ResponseParser parser(to_head, {});
  while (!parser.head_done()) {
    auto used = parser.feed(buffer->unread());
    if (!used) co_return fail(Errc::Rejected, "the answer is not valid HTTP: " + used.error().what);
    buffer->consume(*used);
    if (parser.head_done()) break;
    auto [room, size] = buffer->prepare();
    auto count = co_await stream->read(room, size);
    if (!count) co_return std::unexpected(count.error());
    if (*count == 0) co_return fail(Errc::Unavailable, "the connection was closed without an answer");
    buffer->commit(*count);
  }
  co_return parser.response().status;
}

}  // namespace

Task<Result<int>> probe_status(Executor executor, Endpoint endpoint, HttpRequest request,
                               std::shared_ptr<Interrupt> interrupt, Deadline deadline) {
  request.headers.set("Connection", "close");
  auto url = endpoint.url();
  auto head = render_request_head(request, url.substr(url.find("://") + 3));
  if (!head) co_return std::unexpected(head.error());
  auto stream = co_await dial(std::move(executor), std::move(endpoint), nullptr, interrupt, deadline);
  if (!stream) co_return std::unexpected(stream.error());
  auto written = co_await (*stream)->write(*head, request.body);
  if (!written) co_return std::unexpected(written.error());
  ReadBuffer buffer;
  for (;;) {
    auto status = co_await read_status(stream->get(), &buffer, request.method == "HEAD");
    if (!status) co_return std::unexpected(status.error());
    bool interim = *status < 200 && *status != 101;  // RFC 9110, section 15.2
    if (!interim) co_return *status;
  }
}

}  // namespace dfp::net
