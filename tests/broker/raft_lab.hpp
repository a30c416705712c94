// A quorum of voters without a world: plain state machines, messages that a scheduler drops, delays
// and reorders, crashes, partitions, and the promises of raft, checked after every step.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "broker/controller/raft.hpp"
#include "broker/metadata_records.hpp"
#include "broker/quorum.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::RequestBody;
using protocol::ResponseBody;
using sim::Duration;
using sim::Time;
using namespace std::chrono_literals;

class RaftLab {
 public:
  RaftLab(int voters, std::uint64_t seed) : rng_(sim::Rng(seed).fork("schedule")), seed_(seed) {
    for (int number = 1; number <= voters; ++number) ids_.push_back(controller_id(number));
    for (const BrokerId id : ids_) boot(id);
  }

  const std::vector<BrokerId>& ids() const { return ids_; }
  Raft& raft(BrokerId id) { return *nodes_.at(id).raft; }
  ControllerStorage& storage(BrokerId id) { return nodes_[id].storage; }
  bool is_up(BrokerId id) const { return nodes_.at(id).raft != nullptr; }
  Time now() const { return now_; }
  sim::Rng& rng() { return rng_; }

  void boot(BrokerId id) {
    Node& node = nodes_[id];
    RaftSettings settings;
    settings.cluster_id = "cluster";
    const std::string purpose = fmt::format("voter {} start {}", id.value(), ++node.storage.starts);
    node.raft =
        std::make_unique<Raft>(id, ids_, settings, node.storage, sim::Rng(seed_).fork(purpose));
    node.raft->start(now_);
  }

  // What it had asked and what others had asked of it is lost.
  void crash(BrokerId id) {
    nodes_.at(id).raft.reset();
    for (Call& call : calls_) {
      if (call.from == id) call.is_over = true;
      if (call.to == id) call.is_lost = true;
    }
  }

  // From now on these cannot speak with the rest.
  void isolate(std::set<BrokerId> group) { isolated_ = std::move(group); }
  void heal() { isolated_.clear(); }
  bool can_speak(BrokerId a, BrokerId b) const {
    return isolated_.contains(a) == isolated_.contains(b);
  }

  // One millisecond in which messages arrive after up to `delay`, each lost one time in `loss`
  // (0 = never).
  void step(Duration delay = 5ms, std::uint64_t loss = 0) {
    now_ += 1ms;
    for (const BrokerId id : ids_) {
      if (is_up(id) && now_ >= raft(id).deadline()) raft(id).tick(now_);
    }
    for (std::size_t i = 0; i < calls_.size(); ++i) go_on(calls_[i], delay, loss);
    std::erase_if(calls_, [](const Call& call) { return call.is_over; });
    for (const BrokerId from : ids_) {
      for (const BrokerId to : ids_) ask(from, to, delay);
    }
    check_promises();
  }

  template <class Condition>
  bool run_until(Condition done, Duration limit) {
    const Time end = now_ + limit;
    while (!done()) {
      if (now_ >= end) return false;
      step();
    }
    return true;
  }
  void run_for(Duration duration) {
    run_until([] { return false; }, duration);
  }

  // Of those that are up and lead, the one of the newest epoch.
  std::optional<BrokerId> leader() {
    std::optional<BrokerId> found;
    for (const BrokerId id : ids_) {
      if (!is_up(id) || !raft(id).leads_and_committed()) continue;
      if (!found || raft(id).epoch() > raft(*found).epoch()) found = id;
    }
    return found;
  }

  // Writes a record at every voter that believes that it leads, each its own.
  void write() {
    for (const BrokerId id : ids_) {
      if (!is_up(id) || !raft(id).leads()) continue;
      ProducerIdsRecord record;
      record.next_producer_id = protocol::ProducerId(++written_);
      raft(id).append(make_metadata_batch({record}, 0), now_);
    }
  }

  std::size_t committed() const { return committed_.size(); }
  std::size_t elections() const { return leaders_.size(); }

 private:
  struct Node {
    ControllerStorage storage;
    std::unique_ptr<Raft> raft;
    LeaderEpoch epoch{0};      // the newest that it was seen in, whatever its starts
    Offset high_watermark{0};  // since it started last
    std::size_t compared = 0;  // batches, since then
    std::int32_t seen_start = 0;
  };
  struct Call {
    BrokerId from;
    BrokerId to;
    std::int32_t start = 0;  // of the one who asks
    RequestBody request;
    std::optional<ResponseBody> response;
    Time at;  // when it arrives, or the answer does
    Time given_up_at;
    bool is_lost = false;
    bool is_over = false;
  };

  void ask(BrokerId from, BrokerId to, Duration delay) {
    if (from == to || !is_up(from)) return;
    for (const Call& call : calls_) {
      if (call.from == from && call.to == to) return;
    }
    std::optional<RequestBody> request = raft(from).next_request(to, now_);
    if (!request) return;
    Call& call = calls_.emplace_back();
    call.from = from;
    call.to = to;
    call.start = storage(from).starts;
    call.request = std::move(*request);
    call.at = now_ + rng_.between(Duration(1ms), delay);
    call.given_up_at = now_ + 2s;
  }

  void go_on(Call& call, Duration delay, std::uint64_t loss) {
    if (call.is_over) return;
    if (!is_up(call.from) || storage(call.from).starts != call.start) {
      call.is_over = true;
      return;
    }
    if (now_ >= call.at && !call.is_lost) {
      const bool passes =
          can_speak(call.from, call.to) && is_up(call.to) && (loss == 0 || !rng_.chance(1, loss));
      if (!passes) {
        call.is_lost = true;
      } else if (call.response) {
        raft(call.from).answered(call.to, call.request, *call.response, now_);
        call.is_over = true;
      } else {
        call.response = answer(raft(call.to), call.request);
        call.at = now_ + rng_.between(Duration(1ms), delay);
      }
    }
    if (!call.is_over && now_ >= call.given_up_at) {
      raft(call.from).unanswered(call.to, now_);
      call.is_over = true;
    }
  }

  ResponseBody answer(Raft& voter, const RequestBody& request) {
    if (const auto* vote = std::get_if<protocol::VoteRequest>(&request))
      return voter.handle(*vote, now_);
    if (const auto* begin = std::get_if<protocol::BeginQuorumEpochRequest>(&request))
      return voter.handle(*begin, now_);
    if (const auto* end = std::get_if<protocol::EndQuorumEpochRequest>(&request))
      return voter.handle(*end, now_);
    const auto& fetch = std::get<protocol::FetchRequest>(request);
    voter.note_fetch(fetch.replica_id, fetch.partitions[0], now_);
    protocol::FetchResponse response;
    response.partitions.push_back(voter.answer_fetch(fetch.replica_id, fetch.partitions[0]));
    return response;
  }

  void check_promises() {
    for (const BrokerId id : ids_) {
      Node& node = nodes_.at(id);
      if (!node.raft) continue;
      const Raft& voter = *node.raft;
      if (voter.epoch() < node.epoch) FAIL("an epoch fell");
      node.epoch = voter.epoch();
      if (voter.leads()) {
        const auto [known, is_new] = leaders_.emplace(voter.epoch(), id);
        if (known->second != id) FAIL("epoch " << voter.epoch().value() << " has two leaders");
      }
      if (std::exchange(node.seen_start, node.storage.starts) != node.storage.starts) {
        node.high_watermark = Offset(0);
        node.compared = 0;
      }
      if (voter.high_watermark() < node.high_watermark) FAIL("a high watermark fell");
      node.high_watermark = voter.high_watermark();
      check_committed(node);
    }
  }

  // What one voter knows to be committed is the same for all and for ever.
  void check_committed(Node& node) {
    const std::vector<protocol::StoredBatch>& batches = node.storage.batches;
    for (std::size_t& i = node.compared; i < batches.size(); ++i) {
      if (batches[i].next_offset() > node.raft->high_watermark()) break;
      if (i < committed_.size()) {
        if (committed_[i] != batches[i].batch.get()) FAIL("a committed entry was replaced");
      } else {
        committed_.push_back(batches[i].batch.get());
        kept_.push_back(batches[i].batch);
      }
    }
  }

  sim::Rng rng_;
  std::uint64_t seed_;
  std::vector<BrokerId> ids_;
  std::map<BrokerId, Node> nodes_;
  std::deque<Call> calls_;
  std::set<BrokerId> isolated_;
  Time now_ = sim::zero;
  std::int64_t written_ = 0;
  std::map<LeaderEpoch, BrokerId> leaders_;
  std::vector<const protocol::RecordBatch*> committed_;
  std::vector<protocol::BatchRef> kept_;  // so that no address is used twice
};

}  // namespace kafkasim::broker
