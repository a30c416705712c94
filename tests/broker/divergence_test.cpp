// Where a follower cuts its log when the leader's took another way: the cases of a divergence,
// drawn as two logs with the epoch of each record, and what Kafka's protocol makes of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "tests/broker/partition_support.hpp"
#include "tests/broker/replica_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

namespace {

// "A0 B0 C1": records by name, each in a batch of its own, with their leader epochs. "3:" in front:
// the log starts at that offset.
LogStorage drawn(const std::string& text) {
  LogStorage storage;
  storage.topic_id = orders_id;
  Log log(orders, storage, LogConfig{}, now_ms);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word.back() == ':') {
      log.truncate_fully_and_start_at(Offset(std::stoll(word)));
      continue;
    }
    const std::string name = word.substr(0, 1);
    const int epoch = std::stoi(word.substr(1));
    REQUIRE(log.append_as_follower(stored(log.end_offset().value(), epoch, batch({name.c_str()}))));
  }
  return storage;
}

std::string drawn(const Log& log) {
  std::vector<std::string> words;
  if (log.start_offset() > Offset(0))
    words.push_back(fmt::format("{}:", log.start_offset().value()));
  for (const auto& stored : log.batches_between(log.start_offset(), log.end_offset())) {
    words.push_back(
        fmt::format("{}{}", protocol::labels(*stored.batch), stored.leader_epoch.value()));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

// The offsets to which broker 2 cut its log, in order.
std::string cuts(const ReplicaLab& lab) {
  std::vector<std::string> offsets;
  for (const std::string& line : lab.events("truncated")) {
    if (line.find("broker-2") == std::string::npos) continue;
    const std::size_t at = line.find(" to offset ");
    REQUIRE(at != std::string::npos);
    offsets.push_back(std::to_string(std::stoll(line.substr(at + 11))));
  }
  return fmt::format("{}", fmt::join(offsets, " "));
}

}  // namespace

TEST_CASE("A follower cuts its log where Kafka's protocol of epochs says, in as many rounds") {
  const struct Row {
    const char* what;
    const char* leader;
    const char* follower;
    const char* cuts;   // the offset after each round
    const char* after;  // both logs, before anything new is written
  } rows[] = {
      {"A: the same log", "A0 B0 C1", "A0 B0 C1", "", "A0 B0 C1"},
      {"A: the follower is behind in the leader's last epoch", "A0 B1 C1", "A0 B1", "", "A0 B1 C1"},
      {"A: the follower is whole epochs behind", "A0 B1 C2", "A0", "", "A0 B1 C2"},
      {"A: the follower has nothing", "A0 B1", "", "", "A0 B1"},
      {"B: the follower went on in the last epoch that both have", "A0 B0 D1", "A0 B0 C0", "2",
       "A0 B0 D1"},
      {"B: the follower went on in the epoch in which the leader's log ends", "A0 B1", "A0 B1 C1",
       "2", "A0 B1"},
      {"C: the follower led and wrote alone, the new leader never saw that epoch", "A0 B0",
       "A0 B0 X1 Y1", "2", "A0 B0"},
      {"D: both wrote after the fork, in different epochs", "A0 B0 C2 D2", "A0 B0 X1 Y1", "2",
       "A0 B0 C2 D2"},
      {"D: the leader wrote more than the follower", "A0 B2 C2 D2", "A0 X1", "1", "A0 B2 C2 D2"},
      {"E: each has an epoch between those of the other", "A0 B0 C2 D2 E4", "A0 B0 X1 Y3", "3 2",
       "A0 B0 C2 D2 E4"},
      {"E: their epochs alternate all the way", "A0 B2 C4 D6", "A0 X1 Y3 Z5", "3 2 1",
       "A0 B2 C4 D6"},
      {"F: after an unclean election the leader's log is the shorter and the older one", "A0",
       "A0 B0 C1 D2", "1", "A0"},
      {"F: nothing in common", "A3 B3", "X0 Y1 Z2", "0", "A3 B3"},
      {"F: the leader has nothing", "", "X0 Y1", "0", ""},
      {"G: the follower forked before the leader's log starts, which still overlaps", "2: C3 D3",
       "A0 B0 X1", "2", "2: C3 D3"},
      {"G: the follower ends before the leader's log starts and starts over", "3: D3 E3", "A0 B0",
       "3", "3: D3 E3"},
  };
  for (const Row& row : rows) {
    INFO(row.what << ": leader " << row.leader << ", follower " << row.follower);
    ReplicaLab lab(2);
    lab.node(1).log_storage() = drawn(std::string(row.leader));
    lab.node(2).log_storage() = drawn(std::string(row.follower));
    lab.boot_all();
    lab.create({1, 2}, 0, 7, {1});  // who diverges is not in sync
    lab.run_for(5s);
    CHECK(cuts(lab) == row.cuts);
    const Partition* const leader = lab.node(1).replicas().find(orders);
    const Partition* const follower = lab.node(2).replicas().find(orders);
    CHECK(drawn(leader->log()) == row.after);
    CHECK(drawn(follower->log()) == row.after);
    // And both can go on.
    CHECK(lab.produce(1, {"N"}).error == ErrorCode::none);
    CHECK(drawn(follower->log()) == drawn(leader->log()));
  }
}

TEST_CASE("The plain rule of truncation, for every kind of answer") {
  const struct Row {
    const char* what;
    const char* follower;
    int epoch;  // the leader's answer; -1 = unknown
    int end;
    int fetched_at;
    int cut;
    bool complete;
  } rows[] = {
      {"the leader knows no end", "A0 B0", 0, -1, 1, 1, true},
      {"the leader knows no epoch", "A0 B0 C0", -1, 2, 3, 2, true},
      {"the leader knows no epoch and ends later", "A0", -1, 2, 1, 1, true},
      {"no epoch of the follower is that old", "2: C3", 1, 2, 3, 2, true},
      {"the leader's epoch is newer than all of the follower's", "A0 B0 C0", 4, 2, 3, 2, true},
      {"the follower has an older epoch only", "A0 B1 C4", 3, 3, 3, 2, false},
      {"the same epoch ends earlier here", "A0 B1 C4", 1, 5, 3, 2, true},
      {"the same epoch ends earlier there", "A0 B1 C1", 1, 2, 3, 2, true},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    MetadataImage image;
    LogStorage storage = drawn(std::string(row.follower));
    const Partition partition(orders, BrokerId(2), storage, LogConfig{}, image, 30s, now_ms);
    const OffsetTruncation truncation = partition.truncation_for(
        {protocol::LeaderEpoch(row.epoch), Offset(row.end)}, Offset(row.fetched_at));
    CHECK(truncation.offset == Offset(row.cut));
    CHECK(truncation.complete == row.complete);
  }
}

TEST_CASE("A follower with its checkpointed high watermark behind keeps what the leader has") {
  // What KIP-101 was about: cutting to the high watermark would lose B, if the other one crashed
  // next.
  ReplicaLab lab(2);
  lab.node(1).log_storage() = drawn(std::string("A0 B0"));
  lab.node(2).log_storage() = drawn(std::string("A0 B0"));
  lab.node(2).log_storage().high_watermark_checkpoint = Offset(1);
  lab.boot_all();
  lab.create({1, 2}, 0, 1);
  lab.crash(1);
  CHECK(drawn(lab.node(2).replicas().find(orders)->log()) == "A0 B0");
  lab.elect(2, {2});
  lab.restart(1);
  lab.run_for(3s);
  CHECK(cuts(lab).empty());
  CHECK(drawn(lab.node(1).replicas().find(orders)->log()) == "A0 B0");
}

TEST_CASE("A fetch that names no epoch is not compared, one that names an unknown one is refused") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  f.partition.make_leader(registration(1, 4, 1, {1, 2}), {}, f.now);
  f.append({"B"});
  const struct Row {
    int offset;
    int epoch;
    const char* answer;
  } rows[] = {
      {2, -1, "2 of 2"},
      {1, 0, "1 of 2"},
      {2, 4, "2 of 2"},
      {2, 0, "diverging 0 1"},
      {2, 3, "diverging 0 1"},
      {1, 3, "diverging 0 1"},
      {2, 5, "OFFSET_OUT_OF_RANGE"},
      {3, 4, "diverging 4 2"},
      {3, -1, "OFFSET_OUT_OF_RANGE"},
  };
  for (const Row& row : rows) {
    INFO("offset " << row.offset << " epoch " << row.epoch);
    const PartitionRead read = f.fetch(2, row.offset, row.epoch);
    std::string answer = fmt::format("{} of 2", row.offset);
    if (read.error != ErrorCode::none) {
      answer = protocol::name(read.error);
    } else if (read.diverging_epoch) {
      answer = fmt::format("diverging {} {}", read.diverging_epoch->epoch.value(),
                           read.diverging_epoch->end_offset.value());
      CHECK(read.records.empty());
    }
    CHECK(answer == row.answer);
  }
}

TEST_CASE("A fetch that is told of a divergence does not count as progress") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  f.partition.make_leader(registration(1, 4, 1, {1, 2}), {}, f.now);
  f.append({"B"});
  CHECK(f.fetch(2, 2, 3).diverging_epoch);  // claims to have both, in another epoch
  CHECK(f.partition.log().high_watermark() == Offset(0));
  CHECK_FALSE(f.fetch(2, 2, 3).effects.proposal);
  f.fetch(2, 2, 4);
  CHECK(f.partition.log().high_watermark() == Offset(2));
}

}  // namespace kafkasim::broker::testing
