#include "net/tls_stream.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>

namespace dfp::net {
namespace {

/// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE when the peer has gone; this one does
/// not.
int descriptor_of(BIO* bio) { return static_cast<const Socket*>(BIO_get_data(bio))->descriptor(); }

int finish(BIO* bio, ssize_t count, std::size_t* done, int retry) {
  BIO_clear_retry_flags(bio);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  *done = count > 0 ? static_cast<std::size_t>(count) : 0;
  return count > 0 ? 1 : 0;
}

int bio_write(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
  auto sent = ::send(descriptor_of(bio), data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  return finish(bio, sent, done, BIO_FLAGS_WRITE);
}

int bio_read(BIO* bio, char* data, std::size_t size, std::size_t* done) {
  auto received = ::recv(descriptor_of(bio), data, size, MSG_DONTWAIT);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return finish(bio, received, done, BIO_FLAGS_READ);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const kMethod = [] {
    auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dfp socket");
    BIO_meth_set_write_ex(method, bio_write);
    BIO_meth_set_read_ex(method, bio_read);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
  }();
  return kMethod;
}

}  // namespace

std::string tls_error_text() {
  std::string text;
  while (auto code = ERR_get_error()) {
    if (!text.empty()) text += "; ";
    const char* reason = ERR_reason_error_string(code);
    text += ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : reason ? reason : "unknown error";
  }
  return text.empty() ? "unknown error" : text;
}

void TlsStream::Deleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(Socket socket, ssl_ctx_st* context, Role role)
    : ByteStream(std::move(socket)), ssl_(SSL_new(context)) {
  auto* bio = BIO_new(socket_method());
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  role == Role::Client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
}

Task<Result<>> TlsStream::handshake() {
  auto done = co_await drive(Step::Handshake, nullptr, 0);
  if (!done) co_return std::unexpected(done.error());
  co_return Result<>{};
}

Task<Result<std::size_t>> TlsStream::read(char* into, std::size_t size) {
  return drive(Step::Read, into, size);
}

Task<Result<>> TlsStream::write(std::string_view first, std::string_view second) {
  constexpr std::size_t kRecord = 16 * 1024;
  std::string joined;
  if (!second.empty() && first.size() + second.size() <= kRecord) {
    joined.append(first).append(second);
    first = joined;
    second = {};
  }
  for (auto piece : {first, second}) {
    if (piece.empty()) continue;
    auto written = co_await drive(Step::Write, const_cast<char*>(piece.data()), piece.size());
    if (!written) co_return std::unexpected(written.error());
  }
  co_return Result<>{};
}

void TlsStream::shutdown_send() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  socket_.shutdown_send();
}

Task<Result<std::size_t>> TlsStream::drive(Step step, char* data, std::size_t size) {
  // Steps that never have to wait would keep every other coroutine waiting: writable is nearly always at
  // once.
  constexpr unsigned kYieldEvery = 32;
  if (++steps_ % kYieldEvery == 0) {
    auto turn = co_await socket_.wait_writable();
    if (!turn) co_return std::unexpected(turn.error());
  }
  for (;;) {
    auto may = socket_.check();
    if (!may) co_return std::unexpected(may.error());
    ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    int ok = step == Step::Handshake ? SSL_do_handshake(ssl_.get())
             : step == Step::Read    ? SSL_read_ex(ssl_.get(), data, size, &count)
                                     : SSL_write_ex(ssl_.get(), data, size, &count);
    if (ok == 1) co_return count;
    int error = SSL_get_error(ssl_.get(), ok);
    if (error == SSL_ERROR_ZERO_RETURN && step == Step::Read) co_return 0;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      co_return std::unexpected(failure(step, error));
    auto ready = Result<>{};
    if (error == SSL_ERROR_WANT_READ)
      ready = co_await socket_.wait_readable();
    else
      ready = co_await socket_.wait_writable();
    if (!ready) co_return std::unexpected(ready.error());
  }
}

Error TlsStream::failure(Step step, int ssl_error) const {
  auto name = step == Step::Handshake ? "TLS handshake" : step == Step::Read ? "TLS read" : "TLS write";
  auto system = errno;
  auto verified = SSL_get_verify_result(ssl_.get());
  auto queued = tls_error_text();
  std::string reason = queued;
  if (step == Step::Handshake && verified != X509_V_OK)
    reason = fmt::format("certificate: {}", X509_verify_cert_error_string(verified));
  else if (ssl_error == SSL_ERROR_SYSCALL)
    reason = system != 0 ? std::strerror(system) : "the connection was cut";
  return {Errc::Unavailable, fmt::format("{}: {}: {}", socket_.name(), name, reason)};
}

}  // namespace dfp::net
