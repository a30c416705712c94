// The controller's log in a running process: decisions gather for the linger and are written as
// the leader's batches; the voter's state machine is told of messages and time, and its requests go
// out, one at a time to each other voter. With one voter written is committed. Left out: snapshots,
// deletion of old segments.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/controller/raft.hpp"
#include "broker/metadata_records.hpp"
#include "broker/quorum.hpp"
#include "protocol/config_def.hpp"
#include "protocol/message.hpp"
#include "sim/process.hpp"
#include "sim/time.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

class MetadataLog {
 public:
  // `voters` names all, this one (on `host`) included. Requires: world, host, process, config and
  // storage outlive it.
  MetadataLog(sim::World& world, sim::Host& host, sim::Process& process,
              const protocol::ConfigValues& config, std::string cluster_id, Voters voters,
              ControllerStorage& storage);
  // Called when the role, the log or what is committed has changed, before those who wait go on.
  void on_change(std::function<void()> observer) { observer_ = std::move(observer); }
  // Takes part in the quorum from now on; the only voter leads when this returns.
  void start();
  // Hands the leadership over: returns when another voter leads, when there is nothing to hand
  // over, or at the deadline.
  sim::Task<> resign(sim::Time deadline);

  // The records of one decision, as one batch; returns the offset after them. Requires: it leads,
  // and at least one record.
  protocol::Offset append(const std::vector<MetadataRecord>& records);
  // Of the log and what is not written yet.
  protocol::Offset end_offset() const;
  // The first offset that is not known to be committed.
  protocol::Offset committed() const { return raft_.high_watermark(); }
  // True when everything below `end` is committed, false when this voter leads `epoch` no longer:
  // whether it will be committed is then unknown.
  sim::Task<bool> wait_committed(protocol::Offset end, protocol::LeaderEpoch epoch);

  // Committed batches from the one that holds `from`, at most `limit`. Requires: `from` <=
  // committed().
  std::vector<protocol::StoredBatch> read(protocol::Offset from, std::size_t limit) const;
  const Raft& raft() const { return raft_; }

  // ---- what others ask; see Raft for the errors ----
  // At the end of what it may read a replica waits for more.
  sim::Task<protocol::FetchResponse> fetch(protocol::FetchRequest request);
  template <class Request>
  auto handle(const Request& request) {
    auto response = raft_.handle(request, process_.now());
    tell_of_changes();
    return response;
  }

 private:
  sim::Task<> write();
  sim::Task<> keep_time();
  sim::Task<> talk_to(Voter voter);
  // Tells the observer, then those who wait, when the state machine has moved.
  void tell_of_changes();

  sim::World& world_;
  sim::Host& host_;
  sim::Process& process_;
  sim::Duration linger_;
  sim::Duration request_timeout_;
  Voters voters_;
  Raft raft_;
  std::uint64_t told_version_ = 0;
  std::vector<protocol::BatchRef> pending_;  // appended, not written
  protocol::Offset pending_end_;
  sim::Time write_at_ = sim::never;
  std::function<void()> observer_;
  sim::Signal appended_;
  sim::Signal changed_;
};

}  // namespace kafkasim::broker
