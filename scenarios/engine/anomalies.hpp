// The anomalies of a run, decided from the truth: the ledger and the state at the end. Each finding
// is one record with its cause in a sentence. Whether it was expected is decided in expect.hpp.
// Left out, as they need transactions: aborted-visible and torn.
//
//   lost        acked (with acks=0: sent without an error), in no log at the end, and neither
//   retention, compaction nor
//               a deletion removed it. The leader's log counts, whole: what only other replicas
//               hold, they will cut off. Without a leader any replica's log counts.
//   duplicated  stored at two or more offsets below the high watermark.
//   reordered   its first stored offset lies behind the first stored offset of a record of the same
//   producer in the same
//               partition that was sent later. "Sent" means the first send() of the application.
//   handled-twice         handled more than once by one group, at whatever offset.
//   handled-out-of-order  its first handling by a group comes after that of a later record of the
//   same topic and key:
//               one that the same producer sent later, or one of another producer that stands
//               behind it in the partition. Across producers nothing but the log has an order.
//               Records without a key do not count.
//   skipped     in the log at the end, below a group's committed offset, and never handled by the
//   group. stuck       in the log at the end, below the high watermark, neither handled nor skipped
//   by a group that reads the
//               topic and has a live member.
//   effect-twice  its handling by one group (or a consumer without one) changed something outside
//   Kafka more than once. two-owners  handled by a member when another member of the group had been
//   told last that the partition is its own. Both only where a scenario names them.
//   phantom     handled, but not in the log at the end, and not removed by retention, compaction or
//   a deletion.
#pragma once

#include <string_view>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

// All but those that are judged only where they are named. In the order of the enumeration; those
// of one anomaly by producer's first mention, partition or group.
std::vector<Finding> find_anomalies(const Ledger& ledger, const FinalState& state);

// One of those that are judged only where they are named.
std::vector<Finding> find_named(Anomaly anomaly, const Ledger& ledger, const FinalState& state);

// One sentence on an anomaly in general: what a record went through, for people.
std::string_view meaning(Anomaly anomaly);

}  // namespace kafkasim::scenarios
