// The controller process. The active one takes requests, decides, writes the decision to the
// metadata log, answers when it is committed, and hands the log to the brokers; the others stand
// by: they apply what is committed and vote. Its memory is the log; after a crash it reads it
// again. Left out: snapshots, deletion and growth of topics, settings that change, delegation
// tokens.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "broker/controller/cluster_control.hpp"
#include "broker/controller/config_control.hpp"
#include "broker/controller/controller_events.hpp"
#include "broker/controller/metadata_log.hpp"
#include "broker/controller/replication_control.hpp"
#include "broker/metadata_image.hpp"
#include "broker/mutations.hpp"
#include "broker/quorum.hpp"
#include "broker/request_server.hpp"
#include "protocol/config_def.hpp"
#include "protocol/message.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

class InvariantChecker;

class Controller final : public RequestHandler {
 public:
  // One incarnation, in `process` of `host`. The settings are Kafka's broker settings as the
  // controller has them. `reported` is shared by all controllers: up to where decisions stand in
  // the trace, so that each is told once, whoever is active when it is committed. Requires: all
  // arguments outlive the process.
  Controller(sim::World& world, sim::Host& host, sim::Process& process,
             const protocol::ConfigValues& config, std::string cluster_id, const Features& features,
             Voters voters, protocol::Offset& reported);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Whom to tell of changes (null = nobody), and which guards are off. Requires: both outlive it.
  void inspect(InvariantChecker* invariants, const Mutations& mutations);
  // Joins the quorum and accepts connections; the only voter is active when this returns.
  void start();
  // Ends the process in order: an active controller hands over first.
  void stop();

  const std::string& name() const { return host_.name(); }  // of its host
  // It decides: it leads the quorum and knows everything that was committed before.
  bool is_active() const { return active_epoch_.is_set(); }
  // The epoch in which it is active; not set = it is not.
  protocol::LeaderEpoch active_epoch() const { return active_epoch_; }
  // The newest image; the last records of an active controller may not be committed yet.
  const MetadataImage& image() const { return image_; }
  // The first offset of the metadata log that is not known here to be committed.
  protocol::Offset committed() const { return log_.committed(); }
  // Is everything decided so far committed?
  bool is_settled() const { return log_.committed() == log_.end_offset(); }
  // This voter's part in the quorum.
  const Raft& raft() const { return log_.raft(); }

  // As if a client had asked for it; the topics exist once they are committed. Requires: it is
  // active.
  protocol::CreateTopicsResponse create_topics(const protocol::CreateTopicsRequest& request);

  sim::Task<Answer> handle(protocol::Request request, sim::HostId from) override;

 private:
  template <class Body>
  sim::Task<Answer> serve(Body request);
  sim::Task<Answer> serve(protocol::FetchRequest request);
  sim::Task<Answer> serve(protocol::VoteRequest request);
  sim::Task<Answer> serve(protocol::BeginQuorumEpochRequest request);
  sim::Task<Answer> serve(protocol::EndQuorumEpochRequest request);
  sim::Task<Answer> serve(protocol::BrokerRegistrationRequest request);
  sim::Task<Answer> serve(protocol::BrokerHeartbeatRequest request);
  sim::Task<Answer> serve(protocol::AlterPartitionRequest request);
  sim::Task<Answer> serve(protocol::CreateTopicsRequest request);
  sim::Task<Answer> serve(protocol::AllocateProducerIdsRequest request);
  // What administrators ask for: controller_admin.cpp.
  sim::Task<Answer> serve(protocol::DeleteTopicsRequest request);
  sim::Task<Answer> serve(protocol::CreatePartitionsRequest request);
  sim::Task<Answer> serve(protocol::ElectLeadersRequest request);
  sim::Task<Answer> serve(protocol::AlterPartitionReassignmentsRequest request);
  sim::Task<Answer> serve(protocol::ListPartitionReassignmentsRequest request);
  sim::Task<Answer> serve(protocol::IncrementalAlterConfigsRequest request);

  // A decision takes effect: its records change the image and are on their way to the log. Returns
  // the offset that must be committed before anyone may hear of it; without records that of the
  // decisions before it.
  protocol::Offset decided(const MetadataRecords& records);
  // What the active controller decides, answered when it is committed; who stands by refuses.
  template <class Request, class Function>
  sim::Task<Answer> decide(const Request& request, Function decision_of) {
    protocol::ResponseBody refusal =
        protocol::error_response(request, protocol::ErrorCode::not_controller);
    if (!is_active()) return answer_at_once(std::move(refusal));
    auto decision = decision_of();
    return answer_when_committed(decided(decision.records), std::move(decision.response),
                                 std::move(refusal));
  }
  static sim::Task<Answer> answer_at_once(protocol::ResponseBody response);
  // The end of every decision: waits until it is committed, then this is the answer. `refusal` is
  // the one when the office is lost before.
  sim::Task<Answer> answer_when_committed(protocol::Offset end, protocol::ResponseBody response,
                                          protocol::ResponseBody refusal);

  // -- office --
  void on_log_change();
  void take_office();
  void lose_office();
  void apply_committed();
  sim::Task<> hand_over();

  // -- the work of an active controller --
  // True after `pause` if it is (still) active then.
  sim::Task<bool> stays_active(sim::Duration pause);
  sim::Task<> fence_stale_brokers();
  sim::Task<> balance_leaders();
  sim::Task<> elect_unclean_leaders();
  void report_committed(protocol::Offset committed);

  struct Unreported {
    protocol::Offset end;
    std::vector<ControllerEvent> events;
  };

  sim::World& world_;
  sim::Host& host_;
  sim::Process& process_;
  const protocol::ConfigValues& config_;
  ControllerStorage& storage_;
  std::size_t place_;  // among the voters
  MetadataImage image_;
  MetadataLog log_;
  ReplicationControl replication_;
  ClusterControl cluster_;
  RequestServer server_;
  protocol::Offset& reported_;
  protocol::LeaderEpoch active_epoch_;
  std::deque<Unreported> unreported_;
  sim::Signal image_changed_;
  InvariantChecker* invariants_ = nullptr;
};

}  // namespace kafkasim::broker
