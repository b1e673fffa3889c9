#pragma once
#include <functional>
#include <memory>

#include "base/deadline.hpp"
#include "net/endpoint.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace dfp::net {

/// Lets another coroutine end what this one waits for at the moment, whatever it is.
class Interrupt {
 public:
  /// Says how the waits that follow are ended; at once when fire() came before.
  void on_fire(std::function<void()> end_wait) {
    end_wait_ = std::move(end_wait);
    if (fired_ && end_wait_) end_wait_();
  }
  void fire() {
    fired_ = true;
    if (end_wait_) end_wait_();
  }
  bool fired() const { return fired_; }

 private:
  std::function<void()> end_wait_;
  bool fired_ = false;
};

/// Connects to the endpoint: resolves a name, tries its addresses in turn, and shakes hands for TLS.
/// The stream keeps `deadline`; `interrupt` is left pointing at the stream's socket.
/// @return Unavailable naming the endpoint; Timeout; Cancelled after interrupt->fire().
Task<Result<std::unique_ptr<ByteStream>>> dial(Executor executor, Endpoint endpoint,
                                               std::shared_ptr<TlsContext> tls,
                                               std::shared_ptr<Interrupt> interrupt, Deadline deadline);

}  // namespace dfp::net
