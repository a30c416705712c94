// What a change costs in a large consumer group: records are written, and targets made, for those
// members only whose target it changes.
#include <cstddef>
#include <variant>

#include "tests/broker/consumer_group_lab.hpp"

namespace kafkasim::tests {
namespace {

using broker::ConsumerRecordKey;
using broker::ConsumerRecordKind;
using broker::SharedTarget;

constexpr int members = 40;
constexpr int partitions = 400;

std::string name(int member) { return "m" + std::to_string(100 + member); }

class LargeGroup {
 public:
  explicit LargeGroup(const std::string& assignor) : lab_({{"t", partitions}}, settings(assignor)) {
    for (int i = 0; i < members; ++i) lab_.beat(ConsumerLab::joining(name(i)));
  }

  std::map<std::string, SharedTarget> targets() const { return lab_.group().targets(); }
  void join(const std::string& id) {
    begin_ = lab_.log.size();
    lab_.beat(ConsumerLab::joining(id));
  }
  // Since the last join.
  std::map<std::string, SharedTarget> target_records() const {
    std::map<std::string, SharedTarget> out;
    for (std::size_t i = begin_; i < lab_.log.size(); ++i) {
      const auto& key = std::get<ConsumerRecordKey>(lab_.log[i].key);
      if (key.kind != ConsumerRecordKind::target) continue;
      const auto* value = dynamic_cast<const broker::ConsumerGroupValue*>(lab_.log[i].value.get());
      REQUIRE(value != nullptr);
      const bool fresh = out.emplace(key.member_id, std::get<SharedTarget>(value->what)).second;
      CHECK(fresh);
    }
    return out;
  }

 private:
  static broker::GroupSettings settings(const std::string& assignor) {
    broker::GroupSettings out;
    out.assignors = {assignor};
    return out;
  }

  ConsumerLab lab_;
  std::size_t begin_ = 0;
};

// The records tell of the members whose target is another one, and the group has what they hold.
std::size_t check_join(LargeGroup& group, const std::string& id) {
  const auto before = group.targets();
  group.join(id);
  const auto after = group.targets();
  const auto written = group.target_records();
  CHECK(after.size() == before.size() + 1);
  for (const auto& [member, target] : after) {
    CAPTURE(member);
    const auto old = before.find(member);
    const bool changed = old == before.end() || *old->second != *target;
    CHECK(written.contains(member) == changed);
    if (changed) CHECK(written.at(member) == target);
    if (!changed) CHECK(old->second == target);
  }
  return written.size();
}

}  // namespace

TEST_CASE("a consumer group that gets a member writes the targets of those who give to it") {
  LargeGroup group("uniform");
  // Nine or ten partitions, from as many members.
  const std::size_t written = check_join(group, name(members));
  CHECK(written >= 10);
  CHECK(written <= 11);
}

TEST_CASE("a consumer group divided by range writes the targets of those behind a new member") {
  LargeGroup group("range");
  // 41 members: the first 31 still have ten of the 400 partitions, the other ones nine.
  CHECK(check_join(group, name(members)) == 10);
  // It goes before all others, which moves the 31 that had ten; as nine of those have one less from
  // now on, the other ten stay where they are.
  CHECK(check_join(group, "a") == 32);
}

}  // namespace kafkasim::tests
