#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/result.hpp"

namespace dfp::reconcile {

/// Which of several orders for one service came last: an older one never replaces what a later one has made.
/// Orders are numbered as they arrive; they may be carried out in another sequence, because one renders a
/// template or waits for health while others go on. Memory: one entry for each service with an order under
/// way.
class Orders {
 public:
  /// One order, from its arrival to its answer.
  class Ticket {
   public:
    Ticket(Orders& orders, std::string service);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// @return Conflict when a later order for the service has been carried out.
    Result<> check() const;
    /// The same for an order that has waited for health, on the strength of what it saw at its arrival: what
    /// another proxy has done to the service meanwhile counts too.
    Result<> check_after_wait() const;
    void carried_out();

   private:
    Orders& orders_;
    std::string service_;
    std::uint64_t number_;
  };

  /// Another proxy has changed what was ordered for the service, or removed it.
  void changed_elsewhere(const std::string& service);

 private:
  struct Entry {
    int under_way = 0;
    std::uint64_t carried_out = 0;  ///< the latest
    std::uint64_t elsewhere = 0;    ///< as if it had been an order
  };
  std::map<std::string, Entry> entries_;
  std::uint64_t next_ = 1;
};

}  // namespace dfp::reconcile
