#include "haproxy/worker/surroundings.hpp"

#include <pwd.h>
#include <unistd.h>

#include "haproxy/worker/certificate_copies.hpp"
#include "haproxy/worker/hand_over_key.hpp"

namespace dfp::haproxy {
namespace {

constexpr const char* kWorkerUser = "haproxy";

}  // namespace

config::Surroundings find_surroundings(const Settings& settings) {
  config::Surroundings surroundings;
  if (::geteuid() == 0 && ::getpwnam(kWorkerUser) != nullptr) surroundings.user = kWorkerUser;
  if (!settings.certs_dir.empty())
    surroundings.certificates = CertificateCopies(settings.run_dir).refresh(settings.certs_dir);
  surroundings.hand_over = load_hand_over(settings.run_dir);
  return surroundings;
}

}  // namespace dfp::haproxy
