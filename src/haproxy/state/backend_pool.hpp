#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"
#include "haproxy/config/backend.hpp"
#include "haproxy/state/leaving_servers.hpp"

namespace dfp::haproxy {

/// Which backend of the running worker serves which destination (model::destination_key), which ones are free
/// for services to come, and which servers are on their way out (in maintenance, until their last connection
/// has ended).
class BackendPool {
 public:
  /// From now on backends are made when they are needed and deleted when they are free (HAProxy 3.4 and
  /// later), so there is always one more.
  void grow() { grows_ = true; }
  bool grows() const { return grows_; }

  /// After a start or reload: destinations are in the backends that the files name, the spare ones are free.
  void reset(const std::map<std::string, std::string>& file_names, std::size_t plain_spares,
             std::size_t policy_spares = 0);
  /// After reading what runs: no destination is bound yet, all of these backends are free.
  void reset(const std::vector<std::string>& free_backends);

  /// The backend that serves a destination; nullptr for an unknown one.
  const std::string* backend_of(const std::string& destination) const;
  const std::string* destination_in(const std::string& backend) const;
  const std::map<std::string, std::string>& all() const { return backends_; }

  /// Takes a free backend: the one that bears the destination's own name, else a spare one, else one that has
  /// yet to be made.
  std::optional<std::string> take(const config::Backend& wanted);
  /// Whether a backend with the destination's own name is free.
  bool has_own(const config::Backend& wanted) const;
  /// It was taken, and the worker does not have it yet.
  bool is_unborn(const std::string& backend) const { return unborn_.contains(backend); }
  void born(const std::string& backend) { unborn_.erase(backend); }
  /// Gives back what was taken or unbound; it is free again once its leaving servers are gone.
  void give_back(const std::string& backend);
  void bind(const std::string& destination, const std::string& backend);
  /// The backend is not given back by that.
  void unbind(const std::string& destination);
  /// Spare ones.
  std::size_t free_count(config::Profile profile = config::Profile::Plain) const;

  void leave(const std::string& backend, const std::string& server, Clock::time_point now);
  /// The server was deleted, or serves again.
  void left(const std::string& backend, const std::string& server);
  /// What has left is told by left().
  LeavingServers& leaving() { return leaving_; }
  const LeavingServers& leaving() const { return leaving_; }
  /// Free backends that are to be deleted now; each is due again later.
  std::vector<std::string> surplus(Clock::time_point now, std::size_t limit);
  void deleted(const std::string& backend);
  /// When the next deletion of a server or backend is due.
  Clock::time_point next_due() const;

 private:
  void free(const std::string& backend);
  void forget_all();
  std::string new_name(const std::string& own, config::Profile profile);

  bool grows_ = false;
  std::set<std::string> unborn_;
  std::size_t last_number_ = 0;  // of the names that were made up
  Clock::time_point surplus_due_ = Clock::time_point::max();
  std::map<std::string, std::string> backends_;              // destination -> backend
  std::map<std::string, std::string> destinations_;          // backend -> destination
  std::map<config::Profile, std::set<std::string>> spares_;  // free
  std::set<std::string> named_;                              // free, and bear the name of a destination
  std::set<std::string> emptying_;                           // given back, but servers are still leaving
  LeavingServers leaving_;
};

}  // namespace dfp::haproxy
