#pragma once
#include <map>
#include <memory>
#include <optional>

#include "registry/consul/client.hpp"
#include "registry/template_source.hpp"

namespace dfp::registry::consul {

/// Answers templates with everything that Consul knows, and waits by blocking queries (at most kMostBlocking
/// at once: agents limit the connections of a client). Reads are `consistent`.
class ConsulTemplateSource : public TemplateSource {
 public:
  static constexpr int kMostBlocking = 64;  ///< more questions are asked again every 15 s instead

  /// `client` must outlive this object.
  explicit ConsulTemplateSource(Client& client);

  /// An empty answer where there was something before is read again after 250 ms: agents have been seen to
  /// show nothing for a moment. @return also Rejected when the token may not read what it asks for.
  Task<Result<SourceAnswer>> ask(Question question, Deadline deadline) override;
  /// Waits for the same thing share one query. At least 100 ms lie between two changes that are told. After
  /// failures the next calls pause, up to a minute, until something succeeds. @return also Unavailable when
  /// no agent answers.
  Task<Result<>> wait(Question question, std::uint64_t index, Deadline deadline) override;

 private:
  /// The last answer to a target.
  struct Seen {
    std::uint64_t epoch = 0;  ///< the client's then
    std::uint64_t index = 0;
    bool empty = true;
  };
  struct Waits;
  class Turn;
  class Slot;
  /// Pauses between attempts while Consul is away: 250 ms, doubled up to a minute, with jitter.
  class BackOff {
   public:
    void failed();
    void succeeded() { failures_ = 0; }
    Clock::duration pause() const;

   private:
    int failures_ = 0;
    Clock::time_point until_{};
  };

  Task<Result<std::string>> target_of(Question question, Deadline deadline);
  Task<Result<std::string>> local_node(Deadline deadline);
  Task<Result<SourceAnswer>> read(Question question, std::string target, Deadline deadline);
  Task<Result<>> check_rights(Question question, Deadline deadline);
  Task<Result<SourceAnswer>> datacenters(DatacentersQuestion question, Deadline deadline);
  Task<Result<>> wait_for_index(std::string target, std::uint64_t index, Deadline deadline);
  Task<Result<Answer>> next_answer(std::string target, std::uint64_t index, Deadline deadline);
  Seen& seen(const std::string& target);

  Client& client_;
  std::map<std::string, Seen> seen_;
  std::shared_ptr<Waits> waits_;
  std::optional<std::pair<std::uint64_t, std::string>> local_node_;  ///< the client's epoch, the name
  BackOff back_off_;
  Clock::time_point last_change_{};
};

}  // namespace dfp::registry::consul
