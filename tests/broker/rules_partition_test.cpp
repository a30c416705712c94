// The leader's rules for high watermark and ISR as rows: what happens, in short words, and the
// state after it. Replicas 1, 2, 3, led by 1.
#include <fmt/format.h>

#include <array>
#include <sstream>

#include "tests/broker/partition_support.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

namespace {

using protocol::Acks;
using protocol::BrokerEpoch;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;

// Steps, one after the other, "append 2; fetch 2 1":
//   isr 1,2           a new leadership with that ISR       set 1,2       the same one, ISR by
//   metadata append n          n records                            fetch r o     replica r asks
//   for offset o fence r           and unfence r, leave r (it shuts down) reborn r registered anew,
//   with another epoch  old r o       a fetch of its earlier life early r o         a fetch with an
//   epoch that the leader has not heard of yet plain r o         a fetch without an epoch wait s
//   seconds pass shrink            the check for those who lag          yes           the
//   controller agrees no ERROR          it does not                          follow        another
//   broker leads
class Play {
 public:
  explicit Play(int min_insync_replicas) : fixture_(config(min_insync_replicas)) {}

  std::string run(const std::string& steps) {
    std::istringstream all(steps);
    for (std::string step; std::getline(all, step, ';');) {
      std::istringstream words(step);
      std::string verb;
      words >> verb;
      take(verb, words);
    }
    std::string state = fixture_.partition.describe();
    if (fixture_.partition.has_pending_proposal()) state += " proposes=" + isr_of(*proposal_);
    return state.substr(state.find(" isr=") == std::string::npos ? 0 : state.find("isr="));
  }

 private:
  static LogConfig config(int min_insync_replicas) {
    LogConfig config;
    config.min_insync_replicas = min_insync_replicas;
    return config;
  }
  static std::vector<BrokerId> brokers(std::istringstream& words) {
    std::vector<BrokerId> found;
    for (int id; words >> id; words.ignore(1)) found.push_back(BrokerId(id));
    return found;
  }
  void lead(std::vector<BrokerId> isr, bool new_leadership) {
    if (new_leadership) ++leader_epoch_;
    PartitionRegistration made = registration(1, leader_epoch_, ++partition_epoch_, {});
    made.isr = std::move(isr);
    fixture_.partition.make_leader(made, {}, fixture_.now);
  }
  void note(const Effects& effects) {
    if (effects.proposal) proposal_ = effects.proposal;
  }
  void fetch(int replica, int offset, BrokerEpoch epoch) {
    protocol::FetchPartition request;
    request.partition = {"orders", 0};
    request.fetch_offset = Offset(offset);
    request.log_start_offset = Offset(0);
    ReadParams params;
    params.replica_id = BrokerId(replica);
    params.replica_epoch = epoch;
    params.max_bytes = 1'000'000;
    params.note_position = true;
    note(fixture_.partition.read(request, params, BrokerEpoch(0), fixture_.now).effects);
  }
  void take(const std::string& verb, std::istringstream& words) {
    if (verb == "isr" || verb == "set") return lead(brokers(words), verb == "isr");
    std::string error;
    if (verb == "no") words >> error;
    int first = 0;
    int second = 0;
    words >> first >> second;
    const BrokerRegistration* const broker = fixture_.image.broker(BrokerId(first));
    const BrokerEpoch epoch = broker == nullptr ? BrokerEpoch() : broker->epoch;
    if (verb == "append") {
      for (int i = 0; i < first; ++i) note(fixture_.append({"R"}).effects);
    } else if (verb == "fetch") {
      fetch(first, second, epoch);
    } else if (verb == "plain") {
      fetch(first, second, BrokerEpoch());
    } else if (verb == "early") {
      fetch(first, second, BrokerEpoch(epoch.value() + 100));
    } else if (verb == "old") {
      fetch(first, second, BrokerEpoch(0));
    } else if (verb == "fence" || verb == "unfence") {
      change_broker(fixture_.image, first, verb == "fence", std::nullopt);
    } else if (verb == "leave") {
      change_broker(fixture_.image, first, std::nullopt, true);
    } else if (verb == "reborn") {
      RegisterBrokerRecord record;
      record.broker_id = BrokerId(first);
      record.fenced = false;
      MetadataDelta delta;
      fixture_.image.apply(record, fixture_.image.next_offset(), delta);
    } else if (verb == "wait") {
      fixture_.now += std::chrono::seconds(first);
    } else if (verb == "shrink") {
      note(fixture_.shrink());
    } else if (verb == "yes") {
      note(fixture_.accept(*proposal_));
      partition_epoch_ = fixture_.partition.partition_epoch().value();
    } else if (verb == "no") {
      note(fixture_.refuse(*proposal_, protocol::error_code(error).value()));
    } else {
      REQUIRE(verb == "follow");
      fixture_.follow(2, ++leader_epoch_, ++partition_epoch_);
    }
  }

  PartitionFixture fixture_;
  std::optional<IsrProposal> proposal_;
  int leader_epoch_ = 0;
  int partition_epoch_ = 0;
};

struct Row {
  const char* what;
  const char* steps;
  const char* state;
};

template <std::size_t n>
void check(const Row (&rows)[n], int min_insync_replicas) {
  for (const Row& row : rows) {
    INFO(row.what << ": " << row.steps);
    CHECK(Play(min_insync_replicas).run(row.steps) == row.state);
  }
}

}  // namespace

TEST_CASE("The rules of the high watermark") {
  check<>(
      {
          {"the lowest of the ISR", "isr 1,2,3; append 2; fetch 2 2; fetch 3 1",
           "isr=1,2,3 log=R,R hw=1"},
          {"one that never fetched in this leadership holds it", "isr 1,2,3; append 2; fetch 2 2",
           "isr=1,2,3 log=R,R hw=0"},
          {"it does not go back", "isr 1,2; append 2; fetch 2 2; fetch 2 1",
           "isr=1,2 log=R,R hw=2"},
          {"alone in the ISR: by appending", "isr 1; append 2", "isr=1 log=R,R hw=2"},
          {"becoming leader raises it", "isr 1,2; append 1; isr 1", "isr=1 log=R hw=1"},
          {"a smaller ISR by metadata raises it", "isr 1,2; append 1; set 1", "isr=1 log=R hw=1"},
          {"unless the one that left is caught up", "isr 1,2; append 1; fetch 2 0; set 1",
           "isr=1 log=R hw=0"},
          {"once the one that left is not caught up any more",
           "isr 1,2; append 1; fetch 2 0; wait 31; set 1", "isr=1 log=R hw=1"},
          {"or cannot come back because it is fenced",
           "isr 1,2; append 1; fetch 2 0; fence 2; set 1", "isr=1 log=R hw=1"},
          {"or shuts down", "isr 1,2; append 1; fetch 2 0; leave 2; set 1", "isr=1 log=R hw=1"},
          {"a member counts even fenced", "isr 1,2; fence 2; append 1", "isr=1,2 log=R hw=0"},
          {"a member counts even shutting down", "isr 1,2; leave 2; append 1",
           "isr=1,2 log=R hw=0"},
          {"who is being added counts already", "isr 1; fetch 2 0; append 1",
           "isr=1 log=R hw=0 proposes=1,2"},
          {"who is being removed still counts", "isr 1,2; append 1; wait 31; shrink; append 1",
           "isr=1,2 log=R,R hw=0 proposes=1"},
          {"until the controller agrees", "isr 1,2; append 1; wait 31; shrink; yes",
           "isr=1 log=R hw=1"},
          {"a refused expansion leaves one that is caught up and waited for",
           "isr 1; fetch 2 0; no INELIGIBLE_REPLICA; append 1", "isr=1 log=R hw=0"},
          {"a fetch from an earlier life moves nothing", "isr 1,2; append 1; reborn 2; old 2 1",
           "isr=1,2 log=R hw=0"},
          {"a fetch at the old position moves nothing", "isr 1,2; append 1; fetch 2 0; fetch 2 0",
           "isr=1,2 log=R hw=0"},
      },
      1);
}

TEST_CASE("Below the least number of in-sync replicas the high watermark stands still") {
  check<>(
      {
          {"too few of them", "isr 1; append 2", "isr=1 log=R,R hw=0"},
          {"enough", "isr 1,2; append 2; fetch 2 2", "isr=1,2 log=R,R hw=2"},
          {"the one on its way in does not count yet", "isr 1; append 1; fetch 2 1",
           "isr=1 log=R hw=0 proposes=1,2"},
          {"it moves with the ISR", "isr 1; append 1; fetch 2 1; yes", "isr=1,2 log=R hw=1"},
          {"and stops with it", "isr 1,2; append 1; fetch 2 1; wait 31; append 1; shrink; yes",
           "isr=1 log=R,R hw=1"},
      },
      2);
  check<>(
      {
          {"more than there are replicas: all of them", "isr 1,2,3; append 1; fetch 2 1; fetch 3 1",
           "isr=1,2,3 log=R hw=1"},
          {"not less", "isr 1,2; append 1; fetch 2 1", "isr=1,2 log=R hw=0"},
      },
      5);
}

TEST_CASE("The rules of joining the ISR") {
  check<>(
      {
          {"at the high watermark", "isr 1; append 2; fetch 2 2",
           "isr=1 log=R,R hw=2 proposes=1,2"},
          {"below it", "isr 1; append 2; fetch 2 1", "isr=1 log=R,R hw=2"},
          {"above the high watermark, below the start of the epoch",
           "isr 1,2; append 2; wait 31; isr 1,2; fetch 3 1", "isr=1,2 log=R,R hw=0"},
          {"at the start of the epoch", "isr 1,2; append 2; wait 31; isr 1,2; fetch 3 2",
           "isr=1,2 log=R,R hw=0 proposes=1,2,3"},
          {"fenced", "isr 1; fence 2; fetch 2 0", "isr=1 log= hw=0"},
          {"unfenced again", "isr 1; fence 2; fetch 2 0; unfence 2; fetch 2 0",
           "isr=1 log= hw=0 proposes=1,2"},
          {"shutting down", "isr 1; leave 2; fetch 2 0", "isr=1 log= hw=0"},
          {"an epoch that the leader has not heard of", "isr 1; early 2 0", "isr=1 log= hw=0"},
          {"an earlier epoch", "isr 1; reborn 2; old 2 0", "isr=1 log= hw=0"},
          {"no epoch", "isr 1; plain 2 0", "isr=1 log= hw=0 proposes=1,2"},
          {"one proposal at a time", "isr 1; fetch 2 0; fetch 3 0", "isr=1 log= hw=0 proposes=1,2"},
          {"the next when that is answered", "isr 1; fetch 2 0; yes; fetch 3 0",
           "isr=1,2 log= hw=0 proposes=1,2,3"},
          {"no shrink meanwhile", "isr 1,2; append 1; wait 31; fetch 3 0; fetch 3 1; shrink",
           "isr=1,2 log=R hw=0 proposes=1,2,3"},
          {"metadata ends a proposal", "isr 1; fetch 2 0; set 1,3", "isr=1,3 log= hw=0"},
          {"what metadata has overtaken is not taken", "isr 1; fetch 2 0; set 1,3; yes",
           "isr=1,3 log= hw=0"},
          {"a retried refusal stays", "isr 1; fetch 2 0; no NOT_CONTROLLER",
           "isr=1 log= hw=0 proposes=1,2"},
          {"who follows proposes nothing", "isr 1; follow; shrink", "leader=2 epoch=2 log= hw=0"},
      },
      1);
}

TEST_CASE("The rules of leaving the ISR") {
  check<>(
      {
          {"behind for longer than the lag time", "isr 1,2,3; append 1; fetch 3 1; wait 31; shrink",
           "isr=1,2,3 log=R hw=0 proposes=1,3"},
          {"behind for less", "isr 1,2; append 1; wait 30; shrink", "isr=1,2 log=R hw=0"},
          {"silent, but at the end of the log", "isr 1,2; fetch 2 0; wait 1000; shrink",
           "isr=1,2 log= hw=0"},
          {"never heard of in this leadership, nothing written", "isr 1,2; wait 31; shrink",
           "isr=1,2 log= hw=0 proposes=1"},
          {"fetching, but never at the end of the fetch before",
           "isr 1,2; append 4; fetch 2 0; wait 20; append 1; fetch 2 3; wait 20; append 1; fetch 2 "
           "4;"
           "shrink",
           "isr=1,2 log=R,R,R,R,R,R hw=4 proposes=1"},
          {"a round behind all the time",
           "isr 1,2; append 1; fetch 2 0; wait 20; append 1; fetch 2 1; wait 20; append 1; fetch 2 "
           "2;"
           "shrink",
           "isr=1,2 log=R,R,R hw=2"},
          {"fenced, but caught up: that is the controller's business",
           "isr 1,2; append 1; fetch 2 1; fence 2; wait 1000; shrink", "isr=1,2 log=R hw=1"},
          {"several at once", "isr 1,2,3; append 1; wait 31; shrink",
           "isr=1,2,3 log=R hw=0 proposes=1"},
      },
      1);
}

TEST_CASE("When a replica was last caught up") {
  const struct {
    const char* what;
    std::vector<std::array<int, 3>> fetches;  // second, offset, end of the leader's log
    int caught_up;                            // second; -1 = never
  } rows[] = {
      {"at the end", {{10, 5, 5}}, 10},
      {"beyond it", {{10, 6, 5}}, 10},
      {"behind", {{10, 4, 5}}, -1},
      {"where the end was at its fetch before", {{10, 4, 5}, {20, 5, 9}}, 10},
      {"not quite there", {{10, 4, 6}, {20, 5, 9}}, -1},
      {"a round behind each time", {{10, 0, 2}, {20, 2, 4}, {30, 4, 6}}, 20},
      {"stopping does not take it back", {{10, 5, 5}, {20, 5, 9}, {30, 6, 12}}, 10},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    ReplicaState state;
    state.reset(sim::zero, Offset(0), true, false);
    for (const auto& [second, offset, end] : row.fetches) {
      state.fetched(Offset(offset), Offset(0), Offset(end), BrokerEpoch(1),
                    sim::zero + std::chrono::seconds(second));
    }
    const auto expected = row.caught_up < 0
                              ? std::nullopt
                              : std::optional(sim::zero + std::chrono::seconds(row.caught_up));
    CHECK(state.last_caught_up() == expected);
  }
}

TEST_CASE("What a leader knows of the others when an epoch begins") {
  for (const bool is_new_leader : {true, false}) {
    for (const bool in_isr : {true, false}) {
      INFO("new leader " << is_new_leader << ", in the ISR " << in_isr);
      ReplicaState state;
      state.reset(sim::zero, Offset(0), true, true);
      state.fetched(Offset(3), Offset(1), Offset(3), BrokerEpoch(1), sim::zero + 5s);
      state.reset(sim::zero + 50s, Offset(7), is_new_leader, in_isr);
      // Members get the whole lag time, others none of it.
      CHECK(state.last_caught_up() == (in_isr ? std::optional(sim::zero + 50s) : std::nullopt));
      CHECK(state.log_end_offset() == (is_new_leader ? Offset() : Offset(3)));
      CHECK(state.log_start_offset() == (is_new_leader ? Offset() : Offset(1)));
      CHECK(state.broker_epoch().has_value() == !is_new_leader);
    }
  }
}

}  // namespace kafkasim::broker::testing
