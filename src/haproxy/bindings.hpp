#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"

namespace dfp::haproxy {

/// Which backend of the running worker serves which service, which ones are free for services to come, and
/// which servers are on their way out (in maintenance, until their last connection has ended).
class Bindings {
 public:
  struct Leaving {
    std::string backend;
    std::string server;
  };

  /// After a start or reload: services are in the backends that the files name, the spare ones are free.
  void reset(const std::map<std::string, std::string>& file_names, std::size_t spares);
  /// After reading what runs: no service is bound yet, all of these backends are free.
  void reset(const std::vector<std::string>& free_backends);

  /// The backend that serves a service; nullptr for an unknown service.
  const std::string* backend_of(const std::string& service) const;
  const std::string* service_in(const std::string& backend) const;
  const std::map<std::string, std::string>& all() const { return backends_; }

  /// Takes a free backend: the one that bears the service's own name, else a spare one.
  std::optional<std::string> take(const std::string& service, const std::string& color);
  /// Whether a backend with the service's own name is free.
  bool has_own(const std::string& service, const std::string& color) const;
  /// Gives back what was taken or unbound; it is free again once its leaving servers are gone.
  void give_back(const std::string& backend);
  void bind(const std::string& service, const std::string& backend);
  /// The backend is not given back by that.
  void unbind(const std::string& service);
  /// Spare ones.
  std::size_t free_count() const { return spares_.size(); }

  void leave(const std::string& backend, const std::string& server, Clock::time_point now);
  bool is_leaving(const std::string& backend, const std::string& server) const;
  /// The server was deleted, or serves again.
  void left(const std::string& backend, const std::string& server);
  /// At most `limit` leaving servers whose next try to delete them is due; each is due again later and later.
  std::vector<Leaving> due(Clock::time_point now, std::size_t limit);
  /// When the next one is due.
  Clock::time_point next_due() const;
  std::size_t leaving_count() const;

 private:
  void free(const std::string& backend);

  std::map<std::string, std::string> backends_;  // service -> backend
  std::map<std::string, std::string> services_;  // backend -> service
  std::set<std::string> spares_;                 // free
  std::set<std::string> named_;                  // free, and bear the name of a service
  std::set<std::string> emptying_;               // given back, but servers are still leaving
  struct Retry {
    Clock::time_point at;
    Clock::duration pause;
  };
  std::map<std::string, std::map<std::string, Retry>> leaving_;  // backend -> server
};

}  // namespace dfp::haproxy
