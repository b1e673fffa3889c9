#include "haproxy/worker/surroundings.hpp"

#include <openssl/ssl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/log.hpp"
#include "haproxy/worker/hand_over_key.hpp"

namespace dfp::haproxy {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWorkerUser = "haproxy";

bool holds_certificate_and_key(const std::string& file) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  return context && SSL_CTX_use_certificate_chain_file(context.get(), file.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context.get(), file.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(context.get()) == 1;
}

/// A line of a crt-list: no spaces, brackets, control characters, nor a comment.
bool can_be_listed(const std::string& file) {
  return std::ranges::none_of(file,
                              [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '[' || c == '#'; });
}

std::vector<std::string> certificates_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    auto file = fs::absolute(entry.path()).string();
    if (!entry.is_regular_file(error)) continue;
    if (can_be_listed(file) && holds_certificate_and_key(file))
      files.push_back(file);
    else
      log::warn("haproxy.certificate_left_out",
                {{"file", file}, {"reason", "needs certificate and key as PEM"}});
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

config::Surroundings find_surroundings(const Settings& settings) {
  config::Surroundings surroundings;
  if (::geteuid() == 0 && ::getpwnam(kWorkerUser) != nullptr) surroundings.user = kWorkerUser;
  if (!settings.certs_dir.empty()) surroundings.certificates = certificates_in(settings.certs_dir);
  surroundings.hand_over = load_hand_over(settings.run_dir);
  return surroundings;
}

}  // namespace dfp::haproxy
