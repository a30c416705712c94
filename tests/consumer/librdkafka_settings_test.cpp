// What a consumer of librdkafka works with.
#include "consumer/settings.hpp"
#include "protocol/config_librdkafka.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer;
using namespace std::chrono_literals;

namespace {

Settings configured(const std::vector<std::pair<std::string, std::string>>& properties) {
  protocol::ConfigValues values(protocol::librdkafka_config_defs());
  for (const auto& [name, text] : properties) REQUIRE(values.set(name, text) == "");
  REQUIRE(protocol::resolve_librdkafka_consumer(values).text == "");
  return read_settings(values, "billing");
}

}  // namespace

TEST_CASE("librdkafka's defaults are what its consumer works with") {
  const Settings settings = configured({{"group.id", "g"}});
  CHECK(settings.client_id == "billing");
  CHECK(settings.isolation == protocol::IsolationLevel::read_committed);
  CHECK(settings.reset.kind == OffsetReset::Kind::latest);
  CHECK(settings.auto_commit);
  CHECK(settings.auto_commit_interval == 5s);
  CHECK(settings.session_timeout == 45s);
  CHECK(settings.heartbeat_interval == 3s);
  CHECK(settings.max_poll_interval == 300s);
  CHECK(settings.request_timeout == 60s);
  CHECK(settings.setup_timeout == 30s);
  CHECK(settings.setup_timeout_max == 30s);
  CHECK(settings.metadata_max_age == 300s);
  CHECK(settings.max_poll_records == 1);
  CHECK_FALSE(settings.allow_auto_create_topics);
  REQUIRE_FALSE(settings.assignors.empty());
  CHECK(settings.assignors.front() == find_assignor("range"));
  CHECK(settings.rebalance_protocol == RebalanceProtocol::eager);
}

TEST_CASE("librdkafka has several words for where to start") {
  const auto kind = [](const std::string& word) {
    return configured({{"auto.offset.reset", word}}).reset.kind;
  };
  for (const char* word : {"smallest", "earliest", "Beginning"})
    CHECK(kind(word) == OffsetReset::Kind::earliest);
  for (const char* word : {"largest", "latest", "end"})
    CHECK(kind(word) == OffsetReset::Kind::latest);
  CHECK(kind("error") == OffsetReset::Kind::none);
}
