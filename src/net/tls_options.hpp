#pragma once
#include <string>

namespace dfp::net {

/// How a client does TLS.
struct TlsOptions {
  std::string ca_file;      ///< PEM; empty with empty ca_path: the system's store
  std::string ca_path;      ///< folder of hashed certificates
  std::string cert_file;    ///< client certificate (and its chain), PEM
  std::string key_file;     ///< its key, PEM, not encrypted
  std::string server_name;  ///< SNI and name to verify; empty: the endpoint's host
  bool verify = true;
};

/// How a server does TLS.
struct TlsServerOptions {
  std::string cert_file;       ///< certificate and its chain, PEM
  std::string key_file;        ///< its key, PEM, not encrypted
  std::string client_ca_file;  ///< when set, clients must show a certificate signed by one of these
};

}  // namespace dfp::net
