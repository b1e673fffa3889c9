#include "haproxy/runtime/session.hpp"

#include <array>
#include <utility>

#include "haproxy/runtime/replies.hpp"
#include "net/dial.hpp"

namespace dfp::haproxy::runtime {
namespace {

// HAProxy reads at most tune.bufsize (16 kB) ahead, and stops reading while its answers are not taken: so we
// send less than that at a time and then read all answers.
constexpr std::size_t kBatchBytes = 12 * 1024;

using Stream = std::unique_ptr<net::ByteStream>;

Task<Result<Stream>> connect(Executor executor, std::string path, Deadline deadline) {
  net::Endpoint endpoint{net::Endpoint::Kind::Unix, std::move(path), 0};
  auto interrupt = std::make_shared<net::Interrupt>();
  auto stream =
      co_await net::dial(std::move(executor), std::move(endpoint), nullptr, std::move(interrupt), deadline);
  co_return std::move(stream);
}

}  // namespace

struct Session::Impl {
  explicit Impl(Stream s) : stream(std::move(s)) {}

  Task<Result<>> read_replies(std::size_t count, std::vector<std::string>* into);
  Task<Result<>> exchange(std::string text, std::size_t count, std::vector<std::string>* into);

  Stream stream;
  ReplyReader reader;
  std::array<char, 64 * 1024> buffer;
  bool alive = true;
};

Task<Result<>> Session::Impl::read_replies(std::size_t count, std::vector<std::string>* into) {
  while (count > 0) {
    if (auto reply = reader.next()) {
      into->push_back(std::move(*reply));
      --count;
      continue;
    }
    auto size = co_await stream->read(buffer.data(), buffer.size());
    if (!size) co_return fail("haproxy socket", size.error());
    if (*size == 0) co_return fail(Errc::Unavailable, "haproxy socket: closed by haproxy");
    reader.feed({buffer.data(), *size});
  }
  co_return Result<>{};
}

Task<Result<>> Session::Impl::exchange(std::string text, std::size_t count, std::vector<std::string>* into) {
  auto written = co_await stream->write(text, {});
  if (!written) co_return fail("haproxy socket", written.error());
  auto read = co_await read_replies(count, into);
  co_return read;
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;
bool Session::alive() const { return impl_->alive; }

Task<Result<std::unique_ptr<Session>>> Session::open(Executor executor, std::string socket_path,
                                                     Deadline deadline) {
  auto stream = co_await connect(std::move(executor), std::move(socket_path), deadline);
  if (!stream) co_return fail("haproxy socket", stream.error());
  std::unique_ptr<Session> session(new Session(std::make_unique<Impl>(std::move(*stream))));
  auto ready = co_await session->run({"prompt"}, deadline);
  if (!ready) co_return std::unexpected(ready.error());
  co_return std::move(session);
}

Task<Result<std::vector<std::string>>> Session::run(std::vector<std::string> commands, Deadline deadline) {
  if (!impl_->alive) co_return fail(Errc::Unavailable, "haproxy socket: the session has ended");
  impl_->stream->socket().expires_at(deadline);
  std::vector<std::string> replies;
  replies.reserve(commands.size());
  for (std::size_t next = 0; next < commands.size();) {
    std::string text;
    std::size_t count = 0;
    while (next < commands.size() && (count == 0 || text.size() + commands[next].size() < kBatchBytes)) {
      text += commands[next++];
      text += '\n';
      ++count;
    }
    auto done = co_await impl_->exchange(std::move(text), count, &replies);
    if (!done) {
      impl_->alive = false;
      co_return std::unexpected(done.error());
    }
  }
  impl_->stream->socket().expires_at(Deadline::never());
  co_return std::move(replies);
}

Task<Result<std::string>> Session::ask(std::string command, Deadline deadline) {
  std::vector<std::string> commands;
  commands.push_back(std::move(command));
  auto replies = co_await run(std::move(commands), deadline);
  if (!replies) co_return std::unexpected(replies.error());
  co_return std::move(replies->front());
}

Task<Result<std::string>> ask_master(Executor executor, std::string socket_path, std::string command,
                                     Deadline deadline) {
  auto stream = co_await connect(std::move(executor), std::move(socket_path), deadline);
  if (!stream) co_return fail("haproxy master socket", stream.error());
  command += '\n';
  auto written = co_await (*stream)->write(command, {});
  if (!written) co_return fail("haproxy master socket", written.error());
  (*stream)->shutdown_send();
  std::string reply;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    auto size = co_await (*stream)->read(buffer.data(), buffer.size());
    if (!size) co_return fail("haproxy master socket", size.error());
    if (*size == 0) co_return std::move(reply);
    reply.append(buffer.data(), *size);
  }
}

}  // namespace dfp::haproxy::runtime
