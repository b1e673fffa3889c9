#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

/// For tests only: a throwaway certificate authority.
namespace dfp::net::testing {

/// A certificate and its key as PEM files.
struct CertificateFiles {
  std::string cert_file;
  std::string key_file;
};

/// Makes its own self-signed root in `folder` and signs certificates that are valid for an hour.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(std::filesystem::path folder, const std::string& name = "test-ca")
      : folder_(std::move(folder)), key_(make_key()), root_(make(name, key_.get(), "critical,CA:TRUE", "")) {
    sign(root_.get());
    files_ = save(name, root_.get(), key_.get());
  }

  const std::string& ca_file() const { return files_.cert_file; }

  /// @param alternative_names as in openssl.cnf: "DNS:consul,IP:127.0.0.1"; may be empty for a client.
  CertificateFiles issue(const std::string& name, const std::string& alternative_names) {
    auto key = make_key();
    auto certificate = make(name, key.get(), "critical,CA:FALSE", alternative_names);
    sign(certificate.get());
    return save(name, certificate.get(), key.get());
  }

 private:
  template <class T, void (*kFree)(T*)>
  struct Freed {
    void operator()(T* object) const { kFree(object); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

  static Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    if (!key) throw std::runtime_error("cannot make a key");
    return key;
  }

  static void extend(X509* certificate, int extension, const std::string& value) {
    auto* made = X509V3_EXT_conf_nid(nullptr, nullptr, extension, value.c_str());
    if (!made) throw std::runtime_error("bad extension " + value);
    X509_add_ext(certificate, made, -1);
    X509_EXTENSION_free(made);
  }

  Certificate make(const std::string& name, EVP_PKEY* key, const std::string& constraints,
                   const std::string& alternative_names) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key);
    auto* subject = X509_get_subject_name(certificate.get());
    auto* bytes = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
    extend(certificate.get(), NID_basic_constraints, constraints);
    if (!alternative_names.empty()) extend(certificate.get(), NID_subject_alt_name, alternative_names);
    return certificate;
  }

  void sign(X509* certificate) {
    X509_set_issuer_name(certificate, X509_get_subject_name(root_.get()));
    if (X509_sign(certificate, key_.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
  }

  CertificateFiles save(const std::string& name, X509* certificate, EVP_PKEY* key) const {
    CertificateFiles files{folder_ / (name + ".pem"), folder_ / (name + ".key")};
    auto* cert_file = std::fopen(files.cert_file.c_str(), "w");
    auto* key_file = std::fopen(files.key_file.c_str(), "w");
    if (!cert_file || !key_file) throw std::runtime_error("cannot write " + files.cert_file);
    PEM_write_X509(cert_file, certificate);
    PEM_write_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(cert_file);
    std::fclose(key_file);
    return files;
  }

  std::filesystem::path folder_;
  long serial_ = 0;
  Key key_;
  Certificate root_;
  CertificateFiles files_;
};

}  // namespace dfp::net::testing
