// The tables of consumer groups as text, to the blank.
#include "scenarios/engine/group_table.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::scenarios;
using protocol::Offset;

namespace {

GroupTable billing() {
  GroupTable table;
  table.group = "billing";
  table.coordinator = "broker-3";
  table.state = "Stable";
  table.assignor = "range";
  table.generation = 2;
  table.members = {
      {"billing-1-aaaa", "", "/billing-1", "billing-1", -1, {{"orders", 0}, {"orders", 1}}, {}},
      {"billing-2-bbbb", "", "/billing-2", "billing-2", -1, {}, {}}};
  table.rows = {{{"orders", 0}, Offset(4), Offset(7), "billing-1-aaaa", "/billing-1", "billing-1"},
                {{"orders", 1}, Offset(), Offset(3), "billing-1-aaaa", "/billing-1", "billing-1"},
                {{"old", 0}, Offset(9), Offset(5), "", "", ""},
                {{"old", 1}, Offset(9), Offset(), "", "", ""}};
  return table;
}

std::string text_of(GroupTable table) {
  GroupTables tables;
  tables.at = sim::Time(std::chrono::milliseconds(3250));
  tables.groups = {std::move(table)};
  return describe_text(tables);
}

}  // namespace

TEST_CASE("the tables look as those of Kafka's tool") {
  CHECK(text_of(billing()) ==
        "Consumer groups at 3.250 s\n"
        "\n"
        "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  "
        "           CONSUMER-ID     HOST            CLIENT-ID\n"
        "billing         orders          0          4               7               3    "
        "           billing-1-aaaa  /billing-1      billing-1\n"
        "billing         orders          1          -               3               -    "
        "           billing-1-aaaa  /billing-1      billing-1\n"
        "billing         old             0          9               5               -4   "
        "           -               -               -\n"
        "billing         old             1          9               -               -    "
        "           -               -               -\n"
        "\n"
        "GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE            "
        "    GENERATION      #MEMBERS\n"
        "billing         broker-3:9092  (3)        range                Stable           "
        "    2               2\n"
        "\n"
        "GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     "
        "CURRENT-ASSIGNMENT\n"
        "billing         billing-1-aaaa  /billing-1      billing-1       2               "
        "orders:0,1\n"
        "billing         billing-2-bbbb  /billing-2      billing-2       0               "
        "-\n"
        "\n");
}

TEST_CASE("columns grow with what stands in them") {
  GroupTable table = billing();
  table.members[0].consumer_id = "billing-1-5de974c5-08bb-49ff-9e3e-2f991528cc9b";
  table.rows.resize(1);
  table.rows[0].consumer_id = table.members[0].consumer_id;
  const std::string text = text_of(table);
  CHECK(text.find("LAG             CONSUMER-ID                                    HOST") !=
        std::string::npos);
  CHECK(text.find("3               billing-1-5de974c5-08bb-49ff-9e3e-2f991528cc9b /billing-1") !=
        std::string::npos);
}

TEST_CASE(
    "static members have a column of their own, and so have the epochs of the newer protocol") {
  GroupTable table = billing();
  table.rows.clear();
  table.is_classic = false;
  table.state = "Reconciling";
  table.assignor = "uniform";
  table.generation = 7;
  table.target_epoch = 7;
  table.members[0].instance_id = "first";
  table.members[0].epoch = 6;
  table.members[0].target = {{"orders", 0}};
  table.members[1].epoch = 7;
  table.members[1].target = {{"orders", 1}, {"returns", 0}};
  CHECK(text_of(table) ==
        "Consumer groups at 3.250 s\n"
        "\n"
        "Warning: Consumer group 'billing' is rebalancing.\n"
        "\n"
        "GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE            "
        "    GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS\n"
        "billing         broker-3:9092  (3)        uniform              Reconciling      "
        "    7               7                         2\n"
        "\n"
        "GROUP           CONSUMER-ID     GROUP-INSTANCE-ID HOST            CLIENT-ID     "
        "  #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-AS"
        "SIGNMENT\n"
        "billing         billing-1-aaaa  first             /billing-1      billing-1     "
        "  2               6               orders:0,1           7               orders:0\n"
        "billing         billing-2-bbbb                    /billing-2      billing-2     "
        "  0               7               -                    7               orders:1;"
        "returns:0\n"
        "\n");
}

TEST_CASE("a group that is not there, or cannot be asked for, is a sentence") {
  GroupTable table;
  table.group = "billing";
  CHECK(text_of(table) ==
        "Consumer groups at 3.250 s\n\n"
        "Error: the coordinator of consumer group 'billing' is not available.\n\n");
  table.state = "Dead";
  CHECK(text_of(table) ==
        "Consumer groups at 3.250 s\n\nError: Consumer group 'billing' does not exist.\n\n");
  CHECK(describe_text({}) == "Consumer groups at 0.000 s\n\nThere are no consumer groups.\n");
}
