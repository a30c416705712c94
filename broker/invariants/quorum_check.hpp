// The invariants of the controller quorum and of its log, after an event that changed a voter. What
// is committed is kept as one log, as the first voter to know of it had it; all others and the
// brokers are compared with it. Left out: snapshots, voters that come and go.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "broker/controller/voter_view.hpp"
#include "broker/invariants/invariant.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

class QuorumCheck {
 public:
  using Views = std::vector<VoterView>;

  // How to see all voters; the same ones in the same order each time.
  void watch(std::function<Views()> views) { views_ = std::move(views); }
  void run();
  // A broker has read these batches of the log.
  void applied(protocol::BrokerId broker, const std::vector<protocol::StoredBatch>& batches) const;

 private:
  struct Remembered {
    std::int32_t starts = 0;
    protocol::LeaderEpoch epoch;
    protocol::Offset high_watermark{0};
    std::size_t matched = 0;  // batches at its start that are those of the committed log
  };

  void check_voter(const VoterView& view, Remembered& remembered);
  void match(const VoterView& view, Remembered& remembered) const;
  void extend(const VoterView& view);
  std::size_t holders() const;
  [[noreturn]] void broken(Invariant invariant, const std::string& what) const;

  std::function<Views()> views_;
  Views now_;
  std::vector<Remembered> remembered_;
  std::map<protocol::LeaderEpoch, protocol::BrokerId> leaders_;
  std::vector<protocol::StoredBatch> committed_;
  protocol::Offset end_{0};
};

}  // namespace kafkasim::broker
