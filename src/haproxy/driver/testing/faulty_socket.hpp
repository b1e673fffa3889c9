#pragma once
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace dfp::haproxy::testing {

/// Stands between the driver and HAProxy's runtime socket and makes one command fail.
class FaultySocket {
 public:
  enum class Fault {
    LostBefore,  ///< the connection breaks, HAProxy never saw the command
    LostAfter,   ///< HAProxy carried it out, the answer never comes
    Refused,     ///< HAProxy never saw it, the answer is an error
  };

  /// Takes the place of `socket`; gives it back at the end.
  explicit FaultySocket(std::filesystem::path socket);
  ~FaultySocket();

  /// The n-th command from now on (0: the next) fails, and so many in all.
  void arm(Fault fault, int command, int times = 1);
  /// Whether the armed fault has happened.
  bool fired() const { return fired_; }

 private:
  void serve(int client);
  bool relay(int client, int haproxy, const std::string& command);
  std::filesystem::path path_;
  std::filesystem::path hidden_;
  int listener_ = -1;
  std::atomic<int> countdown_ = 0;  ///< commands until the first one that fails
  std::atomic<int> times_ = 0;      ///< that fail yet
  std::atomic<Fault> fault_ = Fault::Refused;
  std::atomic<bool> fired_ = false;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
  std::vector<int> open_;
};

}  // namespace dfp::haproxy::testing
