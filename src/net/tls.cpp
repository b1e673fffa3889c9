#include "net/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_stream.hpp"

namespace dfp::net {
namespace {

Error unusable(std::string_view what, const std::string& file) {
  return {Errc::InvalidArgument, fmt::format("TLS: {} {}: {}", what, file, tls_error_text())};
}

/// An encrypted key must fail, not ask for its password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_password);
}

Result<> load_identity(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1)
    return std::unexpected(unusable("certificate", cert_file));
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return std::unexpected(unusable("key", key_file));
  return {};
}

Result<> load_authorities(SSL_CTX* context, const TlsOptions& options) {
  ERR_clear_error();
  if (options.ca_file.empty() && options.ca_path.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  auto or_null = [](const std::string& path) { return path.empty() ? nullptr : path.c_str(); };
  if (SSL_CTX_load_verify_locations(context, or_null(options.ca_file), or_null(options.ca_path)) != 1)
    return std::unexpected(unusable("authorities", options.ca_file + options.ca_path));
  return {};
}

/// SNI is for names only (RFC 6066, section 3); addresses are verified against the certificate's IP entries.
bool expect_name(SSL* ssl, const std::string& name, bool verify) {
  auto* parameters = SSL_get0_param(ssl);
  bool is_address = X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  if (!is_address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
  if (!is_address && verify && SSL_set1_host(ssl, name.c_str()) != 1) return false;
  SSL_set_verify(ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return true;
}

Task<Result<std::unique_ptr<ByteStream>>> shake_hands(std::unique_ptr<TlsStream> stream) {
  auto done = co_await stream->handshake();
  if (!done) co_return std::unexpected(done.error());
  co_return std::move(stream);
}

}  // namespace

void TlsContext::Deleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<TlsContext>> TlsContext::client(const TlsOptions& options) {
  Handle handle(SSL_CTX_new(TLS_client_method()));
  set_rules(handle.get());
  auto loaded = load_authorities(handle.get(), options);
  if (!loaded) return std::unexpected(loaded.error());
  if (!options.cert_file.empty()) {
    auto identity = load_identity(handle.get(), options.cert_file, options.key_file);
    if (!identity) return std::unexpected(identity.error());
  }
  return std::make_shared<TlsContext>(std::move(handle), options.verify, options.server_name);
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const TlsServerOptions& options) {
  Handle handle(SSL_CTX_new(TLS_server_method()));
  set_rules(handle.get());
  auto identity = load_identity(handle.get(), options.cert_file, options.key_file);
  if (!identity) return std::unexpected(identity.error());
  static constexpr unsigned char kSessions[] = "dfp";
  SSL_CTX_set_session_id_context(handle.get(), kSessions, sizeof kSessions);
  if (!options.client_ca_file.empty()) {
    auto* names = SSL_load_client_CA_file(options.client_ca_file.c_str());
    if (!names) return std::unexpected(unusable("client authorities", options.client_ca_file));
    SSL_CTX_set_client_CA_list(handle.get(), names);
    if (SSL_CTX_load_verify_file(handle.get(), options.client_ca_file.c_str()) != 1)
      return std::unexpected(unusable("client authorities", options.client_ca_file));
    SSL_CTX_set_verify(handle.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return std::make_shared<TlsContext>(std::move(handle), false, std::string());
}

Task<Result<std::unique_ptr<ByteStream>>> TlsContext::connect(std::shared_ptr<TlsContext> context,
                                                              Socket socket, std::string host) {
  auto stream =
      std::make_unique<TlsStream>(std::move(socket), context->handle_.get(), TlsStream::Role::Client);
  if (!context->server_name_.empty()) host = context->server_name_;
  if (!expect_name(stream->ssl(), host, context->verify_))
    co_return fail(Errc::InvalidArgument, fmt::format("TLS: {} is not a server name", host));
  auto ready = co_await shake_hands(std::move(stream));
  co_return std::move(ready);
}

Task<Result<std::unique_ptr<ByteStream>>> TlsContext::accept(std::shared_ptr<TlsContext> context,
                                                             Socket socket) {
  auto stream =
      std::make_unique<TlsStream>(std::move(socket), context->handle_.get(), TlsStream::Role::Server);
  auto ready = co_await shake_hands(std::move(stream));
  co_return std::move(ready);
}

}  // namespace dfp::net
