// HTTP over TLS, from the client to the server.
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/testing/certificates.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::CertificateAuthority;
using testing::must;
using testing::must_send;
using testing::RawPeer;
using testing::RawServer;

Deadline soon() { return Deadline::after(5s); }
Task<HttpResponse> echo(HttpRequest request) { co_return HttpResponse(200, "echo:" + request.body); }

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/dfp_tls_XXXXXX";
    folder_ = ::mkdtemp(name);
    authority_ = std::make_unique<CertificateAuthority>(folder_);
    auto files = authority_->issue("server", "DNS:consul.test,IP:127.0.0.1");
    server_options_ = {files.cert_file, files.key_file, ""};
    client_options_.ca_file = authority_->ca_file();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// One request over TLS with the options as they are.
  Result<HttpResponse> ask(HttpRequest request = {}, std::string host = "127.0.0.1") {
    return dfp::testing::run([=, this](Executor executor) -> Task<Result<HttpResponse>> {
      HttpServer server(executor, echo);
      must(server.listen_tls({"127.0.0.1", 0}, server_options_));
      HttpClient client(executor, {Endpoint::Kind::Tls, host, server.port()}, client_options_);
      auto response = co_await client.send(request, soon());
      co_return response;
    });
  }

  void expect_refused(std::string_view reason, std::string host = "127.0.0.1") {
    auto response = ask({}, host);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::Unavailable);
    EXPECT_NE(response.error().what.find(reason), std::string::npos) << response.error().what;
  }

  std::filesystem::path folder_;
  std::unique_ptr<CertificateAuthority> authority_;
  TlsServerOptions server_options_;
  TlsOptions client_options_;
};

TEST_F(Tls, CarriesRequestsAndKeepsTheConnection) {
  dfp::testing::run([this](Executor executor) -> Task<> {
    std::vector<std::string> peers;
    auto note_peer = [&peers](HttpRequest request) {
      peers.push_back(request.peer);
      return echo(std::move(request));
    };
    HttpServer server(executor, note_peer, {.max_body_bytes = 4 << 20});
    must(server.listen_tls({"127.0.0.1", 0}, server_options_));
    HttpClient client(executor, {Endpoint::Kind::Tls, "127.0.0.1", server.port()}, client_options_);
    for (auto body : {std::string("a"), std::string(3'000'000, 'b'), std::string()}) {
      auto response = co_await must_send(&client, HttpRequest("PUT", "/", body));
      EXPECT_TRUE(response.body == "echo:" + body);
    }
    EXPECT_EQ(peers, std::vector<std::string>(3, peers.at(0)));
    co_await server.shutdown(soon());
  });
}

TEST_F(Tls, AnUnknownAuthorityIsRefused) {
  auto other_folder = folder_ / "other";
  std::filesystem::create_directory(other_folder);
  client_options_.ca_file = CertificateAuthority(other_folder, "other").ca_file();
  expect_refused("TLS handshake: certificate: unable to get local issuer certificate");
}

TEST_F(Tls, TheSystemsStoreDoesNotTrustUs) {
  client_options_.ca_file = "";
  expect_refused("TLS handshake: certificate: ");
}

TEST_F(Tls, TheNameMustBeInTheCertificate) {
  expect_refused("hostname mismatch", "localhost");
  client_options_.server_name = "other.test";
  expect_refused("hostname mismatch");
  client_options_.server_name = "127.0.0.2";
  expect_refused("IP address mismatch");
  client_options_.server_name = "consul.test";
  EXPECT_TRUE(ask());
}

TEST_F(Tls, VerificationCanBeTurnedOff) {
  client_options_ = {};
  client_options_.verify = false;
  EXPECT_TRUE(ask({}, "localhost"));
}

TEST_F(Tls, AServerCanAskForAClientCertificate) {
  server_options_.client_ca_file = authority_->ca_file();
  auto without = ask();
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, Errc::Unavailable);
  auto files = authority_->issue("client", "");
  client_options_.cert_file = files.cert_file;
  client_options_.key_file = files.key_file;
  auto with = ask();
  EXPECT_TRUE(with) << with.error().what;
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  client_options_.ca_file = folder_ / "absent.pem";
  auto response = ask();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::InvalidArgument);
  EXPECT_NE(response.error().what.find("absent.pem: No such file"), std::string::npos)
      << response.error().what;
  dfp::testing::run([this](Executor executor) -> Task<> {
    HttpServer server(executor, echo);
    auto options = server_options_;
    options.key_file = authority_->issue("another", "").key_file;
    auto mismatch = server.listen_tls({"127.0.0.1", 0}, options);
    EXPECT_EQ(mismatch.error().code, Errc::InvalidArgument);
    EXPECT_NE(mismatch.error().what.find("another.key: key values mismatch"), std::string::npos)
        << mismatch.error().what;
    co_return;
  });
}

TEST_F(Tls, AnEncryptedKeyFailsInsteadOfAskingForItsPassword) {
  auto* file = std::fopen((folder_ / "locked.key").c_str(), "w");
  auto* key = EVP_EC_gen("P-256");
  PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), reinterpret_cast<const unsigned char*>("pw"), 2, nullptr,
                       nullptr);
  EVP_PKEY_free(key);
  std::fclose(file);
  dfp::testing::run([this](Executor executor) -> Task<> {
    HttpServer server(executor, echo);
    auto options = server_options_;
    options.key_file = folder_ / "locked.key";
    auto refused = server.listen_tls({"127.0.0.1", 0}, options);
    EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
    co_return;
  });
}

TEST_F(Tls, APlainClientGetsNoAnswer) {
  dfp::testing::run([this](Executor executor) -> Task<> {
    HttpServer server(executor, echo);
    must(server.listen_tls({"127.0.0.1", 0}, server_options_));
    HttpClient client(executor, {Endpoint::Kind::Tcp, "127.0.0.1", server.port()});
    auto response = co_await client.send(HttpRequest(), soon());
    EXPECT_FALSE(response);
  });
}

TEST_F(Tls, ASilentOrPlainServerEndsTheHandshake) {
  dfp::testing::run([this](Executor executor) -> Task<> {
    auto silent = [](std::shared_ptr<RawPeer> peer, int) -> Task<> { co_await peer->read_all(); };
    RawServer server(executor, silent);
    HttpClient client(executor, {Endpoint::Kind::Tls, "127.0.0.1", server.endpoint().port}, client_options_);
    auto late = co_await client.send(HttpRequest(), Deadline::after(50ms));
    EXPECT_EQ(late.error().code, Errc::Timeout);
    auto plain_script = [](std::shared_ptr<RawPeer> peer, int) -> Task<> {
      co_await peer->write("HTTP/1.1 400 Bad Request\r\n\r\n");
    };
    RawServer plain(executor, plain_script);
    HttpClient other(executor, {Endpoint::Kind::Tls, "127.0.0.1", plain.endpoint().port}, client_options_);
    auto refused = co_await other.send(HttpRequest(), soon());
    EXPECT_EQ(refused.error().code, Errc::Unavailable);
    EXPECT_NE(refused.error().what.find("wrong version number"), std::string::npos) << refused.error().what;
  });
}

TEST_F(Tls, ASilentClientIsDropped) {
  dfp::testing::run([this](Executor executor) -> Task<> {
    HttpServerLimits limits;
    limits.receive = 50ms;
    HttpServer server(executor, echo, limits);
    must(server.listen_tls({"127.0.0.1", 0}, server_options_));
    Endpoint endpoint{Endpoint::Kind::Tcp, "127.0.0.1", server.port()};
    auto peer = co_await RawPeer::connect(executor, endpoint);
    auto nothing = co_await peer->read_all();
    EXPECT_EQ(nothing, "");
  });
}

/// Answers without a length over TLS; ends with close_notify or cuts the connection.
Task<> answer_until_close(std::shared_ptr<Listener> listener, TlsServerOptions options, bool says_goodbye) {
  auto waited = co_await listener->wait();
  must(waited);
  auto accepted = listener->accept();
  auto context = must(TlsContext::server(options));
  auto stream = co_await TlsContext::accept(context, std::move(**accepted));
  RawPeer peer(must(std::move(stream)));
  co_await peer.read_until("\r\n\r\n");
  co_await peer.write("HTTP/1.1 200 OK\r\n\r\npart");
  if (says_goodbye) peer.shutdown_send();
}

TEST_F(Tls, AnAnswerCutWithoutGoodbyeIsNotTakenForComplete) {
  for (bool says_goodbye : {true, false}) {
    dfp::testing::run([this, says_goodbye](Executor executor) -> Task<> {
      auto listener = must(Listener::open_tcp(executor, {"127.0.0.1", 0}));
      spawn(executor, answer_until_close(listener, server_options_, says_goodbye), "server");
      HttpClient client(executor, {Endpoint::Kind::Tls, "127.0.0.1", listener->port()}, client_options_);
      auto response = co_await client.send(HttpRequest(), soon());
      EXPECT_EQ(response.has_value(), says_goodbye);
    });
  }
}

}  // namespace
}  // namespace dfp::net
