// A checked scenario: the typed value that a scenario file becomes, and all that a run needs to
// know. Plain data; every name in it has been checked. Left out: how it is read (load.hpp) and how
// it is run.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "producer/key_prefixes.hpp"
#include "protocol/config_def.hpp"
#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::scenarios {

using Duration = std::chrono::nanoseconds;

// 1-based place in the file.
struct Position {
  int line = 1;
  int column = 1;
  auto operator<=>(const Position&) const = default;
};

struct DurationRange {
  Duration lowest{};
  Duration highest{};
  bool operator==(const DurationRange&) const = default;
};

// Both ends belong to it.
struct CountRange {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  bool contains(std::int64_t count) const { return lowest <= count && count <= highest; }
  bool operator==(const CountRange&) const = default;
};

// Likewise, in thousandths.
struct NumberRange {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  bool contains(std::int64_t thousandths) const {
    return lowest <= thousandths && thousandths <= highest;
  }
  bool operator==(const NumberRange&) const = default;
};

using protocol::TopicPartition;

// ---- what is there ----

struct Broker {
  int id = 1;
  std::string name;  // "broker-1"
  std::string rack;  // empty: none
  protocol::ConfigValues config{
      protocol::broker_config_defs()};  // cluster.config overlaid with hosts.<broker>.config
  Duration disk_write{};                // how long its disk takes for a write into the page cache
  Duration disk_flush{};                // and to have it on the disk
  Duration clock_offset{};              // its clock is ahead by that much; negative: behind
};

struct Cluster {
  std::vector<Broker> brokers;  // broker-1 .. broker-n in order
  int controllers = 1;
  DurationRange latency{std::chrono::microseconds(500), std::chrono::milliseconds(1)};
  std::string semantics = "4.0";
  // Bytes a second that each broker takes from producers, by client.id; of the others: <default>.
  std::map<std::string, std::int64_t> producer_byte_rates;
  int eligible_leader_replicas = 0;  // the version of that feature; 0 = off
};

struct Topic {
  std::string name;
  int partitions = 1;
  int replication_factor = 1;
  std::vector<std::vector<int>>
      replicas;  // broker ids of each partition; empty: the controller places them
  protocol::ConfigValues config{protocol::topic_config_defs()};  // the topic's own settings only
  bool is_there = true;  // from the start; false: an event or a client brings it about
  Position position;
};

// One run of records of a producer; a producer works through its plans one after the other.
struct SendPlan {
  std::string topic;
  std::optional<int> partition;  // given: sent to that partition, otherwise the partitioner decides
  std::vector<std::string> values;  // names of the records; empty when `count` is given
  std::int64_t count = 0;           // records named <prefix>-<first_number> and on
  std::string prefix;
  std::int64_t first_number = 1;
  std::vector<std::string> keys;     // used in turn; empty: no key, but for `key_count`
  std::int64_t key_count = 0;        // that many keys in turn: key-1, key-2 and on
  std::optional<std::int64_t> size;  // bytes of the value; not given: 100
  bool tombstones = false;           // records without a value
  Duration every{};                  // 0: as fast as send() returns
  Duration start{};                  // not before that virtual time
  Position position;

  std::int64_t record_count() const {
    return values.empty() ? count : static_cast<std::int64_t>(values.size());
  }
  std::string record(std::int64_t index) const;  // Requires: 0 <= index < record_count()
  std::optional<std::string> key(std::int64_t index) const;  // none: no key
};

enum class OnFailure { give_up, resend };

struct Producer {
  std::string name;
  std::vector<SendPlan> sends;
  OnFailure on_failure = OnFailure::give_up;
  std::optional<Duration> start = Duration{};  // empty: "never", waits for a start event
  protocol::ConfigValues config{protocol::producer_config_defs()};
  std::optional<producer::KeyPrefixes> partitioner;  // given: in place of partitioner.class
  Position position;
};

enum class Commits {
  after_handling,
  after_handling_async,
  after_each,
  after_contiguous,  // of workers only
  before_handling,
  automatic,
  never
};

// Records whose handling fails.
struct FailsOn {
  enum class Then { stop, skip, retry, dead_letter };
  std::set<std::string> values;
  std::optional<std::int64_t> times = 1;  // attempts, over the life of the group; none: all of them
  Then then = Then::stop;
  std::string dead_letter;  // topic
};

// What handling does outside Kafka: something each time, or only the first time.
enum class Effect { append, upsert };

// Threads behind the polling one.
struct Workers {
  enum class Order { none, partition, key };
  int count = 1;
  Order order = Order::none;
  std::int64_t queue = 100;
  bool pauses = false;  // when the queue is full; otherwise polling waits
};

// One consumer instance. `instances: 2` of billing become billing-1 and billing-2.
struct Consumer {
  std::string name;  // "billing", or "billing-1"
  std::string key;   // as declared: "billing"
  std::optional<std::string> group;
  std::vector<std::string> reads;  // topics; empty with `assign`
  std::vector<TopicPartition> assign;
  Duration takes{};  // handling time of a record
  Commits commits = Commits::after_handling;
  bool commits_when_revoked = false;
  std::optional<FailsOn> fails_on;
  Effect effect = Effect::append;
  std::optional<Workers> workers;
  std::optional<Duration> start = Duration{};  // empty: "never", waits for a start event
  protocol::ConfigValues config{protocol::consumer_config_defs()};
  Position position;
};

// ---- what happens ----

enum class SelectorKind {
  broker,           // name = "broker-2", index = 2
  controller_host,  // "controller-1", index = 1
  client,           // name of a producer or a consumer instance
  leader,           // leader(orders-0)
  followers,        // all of them
  follower,         // follower(orders-0, 1): the index-th, 1-based, in replica order
  isr,              // every in-sync replica
  controller,       // the active one
  coordinator,      // coordinator(group): name = group
};

// Whom an event means; resolved when it fires.
struct Selector {
  SelectorKind kind = SelectorKind::broker;
  std::string name;
  TopicPartition partition;
  int index = 0;
  Position position;
  bool operator==(const Selector& other) const {
    return kind == other.kind && name == other.name && partition == other.partition &&
           index == other.index;
  }
};
std::string to_string(const Selector& selector);  // as it is written in a file

// Which messages are meant. `kind` is the name of a request or response: "ProduceRequest",
// "FetchResponse".
struct MessageFilter {
  std::string kind;
  std::optional<Selector> from;
  std::optional<Selector> to;
  std::optional<TopicPartition> of;
  std::optional<CountRange> nth;  // 1-based, counted over matching messages
};

enum class TriggerKind {
  immediately,  // armed from the start (cut, reject, hold), or happens at once
  at,
  after,   // just after a line of the trace
  before,  // as a message is about to be delivered
  on,      // the same moment as `before`, the word for requests
};
enum class AfterKind {
  sent,
  appended,
  replicated,
  acked,
  failed,
  polled,
  handled,
  committed,
  elected,
  isr,
  joined,
  event
};

struct Trigger {
  TriggerKind kind = TriggerKind::immediately;
  Duration at{};
  AfterKind after = AfterKind::sent;
  std::string record;          // sent .. handled, committed (empty there: any commit of `group`)
  std::optional<Selector> on;  // appended: by that replica
  std::string by;              // polled, handled: only that consumer or group; empty: any
  std::string group;           // committed: only that group; empty: any
  TopicPartition partition;    // elected, isr
  std::vector<int> isr;        // broker ids, ascending
  std::string client;          // joined
  int event = 0;               // 1-based number of another event
  MessageFilter message;       // before, on
};

enum class ActionKind {
  cut,
  partition,
  hold,
  slow,
  reject,
  crash,
  power_loss,
  restart,
  stop,
  pause,
  stall,
  start,
  // what an administrator does; AdminAction says what exactly
  alter_topic,
  alter_broker,
  create_topic,
  delete_topic,
  add_partitions,
  reassign,
  elect,
  delete_records,
  reset_offsets,
  seek,
  disk,
  slow_handling
};

struct AdminAction {
  ActionKind kind = ActionKind::alter_topic;
  std::string name;           // of the topic, the broker, the group or the client
  std::optional<int> broker;  // alter-broker: which; not given: the default of all
  TopicPartition partition;   // reassign, elect, delete-records
  // alter-topic, alter-broker: Kafka's names with their new values; none: back to the default.
  std::vector<std::pair<std::string, std::optional<std::string>>> config;
  std::optional<Topic> topic;                   // create-topic
  int partitions = 0;                           // add-partitions: how many there are to be
  std::optional<std::vector<int>> replicas;     // reassign: broker ids; none: cancel
  bool unclean = false;                         // elect
  std::optional<std::int64_t> before;           // delete-records; none: the high watermark
  enum class To { offsets, earliest, latest };  // reset-offsets, seek
  To to = To::offsets;
  std::map<TopicPartition, std::int64_t> offsets;  // with To::offsets
  std::set<std::string> topics;  // reset-offsets to earliest or latest: those of the group
};
// In words: "delete topic orders".
std::string to_string(const AdminAction& action);

// What befalls a disk.
enum class DiskFault {
  fail,          // everything fails and the data is gone; a restart finds a new, empty disk
  full,          // writes fail
  slow,          // every operation takes longer
  corrupt_tail,  // what was not flushed is torn: recovery after a crash cuts it off
};
std::string_view to_string(DiskFault fault);  // "corrupt-tail"

struct Action {
  ActionKind kind = ActionKind::cut;
  std::vector<Selector> targets;              // cut, slow: two; crash .. start: one
  std::vector<std::vector<Selector>> groups;  // partition: two or more
  bool one_way = false;                       // partition: from the first group to the second only
  MessageFilter message;  // hold, reject (its filter is empty if the trigger has one)
  DurationRange latency;  // slow
  protocol::ErrorCode error = protocol::ErrorCode::none;  // reject
  std::optional<AdminAction> admin;                       // alter_topic and all after it
  DiskFault disk_fault = DiskFault::fail;                 // disk
  Duration disk_slowness{};                               // disk: what each operation takes more
  Duration handling_time{};                               // slow_handling
};

struct Event {
  int number = 1;  // its place in the list, 1-based
  Trigger trigger;
  Action action;
  std::optional<Duration> lasts;  // `for:`
  Position position;
};

// ---- what must be seen ----

// Records in order, or how many.
using Records = std::variant<std::vector<std::string>, CountRange>;

enum class Anomaly {
  lost,
  duplicated,
  reordered,
  handled_twice,
  skipped,
  handled_out_of_order,
  phantom,
  aborted_visible,
  torn,
  stuck,
  // These follow from others, or are no harm by themselves: only judged where they are named.
  effect_twice,
  two_owners,
};
inline constexpr Anomaly last_anomaly = Anomaly::two_owners;
inline bool is_judged_unnamed(Anomaly anomaly) { return anomaly <= Anomaly::stuck; }
std::string_view to_string(Anomaly anomaly);  // "handled-twice"

template <typename Value>
struct Expected {
  Value value;
  Position position;
};
template <typename Key, typename Value>
using ExpectedMap = std::map<Key, Expected<Value>>;

struct ExpectedFailures {
  Records records;                                    // a list or a number
  std::map<std::string, protocol::ErrorCode> errors;  // by record, where the file names them
};

// One stable assignment of a group: member -> partitions (ascending).
using Assignment = std::map<std::string, std::vector<TopicPartition>>;

// How far a group is behind: over all of its partitions, or in single ones.
struct ExpectedLag {
  std::optional<CountRange> sum;
  std::map<TopicPartition, CountRange> partitions;
};

// What the coordinator knows of a group; what is not set is not looked at.
struct ExpectedGroup {
  std::optional<std::string> state;  // as Kafka writes it: "PreparingRebalance"
  std::optional<CountRange> members;
  std::optional<CountRange> generation;
  std::optional<std::string> protocol;     // the assignor's name
  std::optional<std::string> coordinator;  // a broker's name
};

struct Check {
  Duration at{};
  ExpectedMap<TopicPartition, std::vector<int>> isr;  // broker ids, ascending
  ExpectedMap<TopicPartition, CountRange> high_watermark;
  ExpectedMap<std::string, ExpectedLag> lag;
  ExpectedMap<std::string, ExpectedGroup> groups;
  ExpectedMap<std::string, Assignment> assignments;  // by group: who owns what then
  Position position;
};

// What is empty is not checked, but for anomalies: one that is not named must not happen.
struct Expectations {
  ExpectedMap<std::string, Records> acked;  // by producer
  ExpectedMap<std::string, ExpectedFailures> failed;
  ExpectedMap<TopicPartition, Records> log;
  ExpectedMap<std::string, Records> handled;  // by consumer, else by group (then in no order)
  ExpectedMap<std::string, Records> effects;  // likewise, but always in order of happening
  ExpectedMap<std::string, std::map<TopicPartition, CountRange>> committed;  // by group
  ExpectedMap<std::string, ExpectedLag> lag;
  ExpectedMap<std::string, ExpectedGroup> groups;
  ExpectedMap<std::string, Records> polled_again;    // by consumer, else by group; in no order
  ExpectedMap<std::string, Records> poll_skipped;    // likewise
  ExpectedMap<std::string, ExpectedLag> always_lag;  // at all times of the run
  ExpectedMap<std::string, Records> truncated;       // by broker name
  ExpectedMap<std::string, std::vector<protocol::ErrorCode>> errors;  // by client
  ExpectedMap<TopicPartition, std::vector<std::string>> leaders;  // broker names in order of office
  ExpectedMap<TopicPartition, std::vector<int>> isr;              // broker ids, ascending
  ExpectedMap<std::string, std::vector<Assignment>> assignments;  // by group
  ExpectedMap<Anomaly, Records> anomalies;
  // By client, then by the metric's name.
  std::map<std::string, ExpectedMap<std::string, NumberRange>> metrics;
  std::vector<Check> checks;  // in the order of the file
};

// ---- the whole ----

struct Scenario {
  std::string name;
  std::string variant;  // empty: the experiment itself
  std::string question;
  std::string answer;
  std::uint64_t seed = 1;
  std::optional<Duration> until;  // empty: when nothing is left to do
  Cluster cluster;
  std::vector<Topic> topics;  // in the order of the file, as all below
  std::vector<Producer> producers;
  std::vector<Consumer> consumers;
  std::vector<Event> events;
  Expectations expect;
};

struct ScenarioFile {
  std::string path;
  Scenario scenario;
  std::vector<Scenario> variants;  // each complete: laid over the experiment
};

}  // namespace kafkasim::scenarios
