// A setting is said to act exactly if the code of its owner reads it: the promise "known, without
// effect here" must not go stale.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "protocol/config_def.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;
namespace fs = std::filesystem;

namespace {

std::string sources_of(const std::string& folder) {
  std::ostringstream all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (entry.path().filename().string().find("librdkafka") != std::string::npos) continue;
    if (extension == ".cpp" || extension == ".hpp") all << std::ifstream(entry.path()).rdbuf();
  }
  return all.str();
}

struct Owner {
  std::string_view folder;
  std::span<const ConfigDef> defs;
  std::vector<std::string_view> read_elsewhere;  // by the rules among settings, by inheritance
  std::vector<std::string_view> without_effect;  // its name is read, but nothing comes of it
};

}  // namespace

TEST_CASE("a setting acts if, and only if, the code of its owner reads it") {
  const std::vector<Owner> owners = {
      {"producer", producer_config_defs(), {"acks"}, {}},
      {"consumer", consumer_config_defs(), {"group.id", "partition.assignment.strategy"}, {}},
      {"broker",
       broker_config_defs(),
       {"log.cleaner.delete.retention.ms",
        "log.cleaner.max.compaction.lag.ms",
        "log.cleaner.min.cleanable.ratio",
        "log.cleaner.min.compaction.lag.ms",
        "log.cleanup.policy",
        "log.flush.interval.messages",
        "log.flush.interval.ms",
        "log.flush.scheduler.interval.ms",
        "log.index.interval.bytes",
        "log.index.size.max.bytes",
        "log.message.timestamp.after.max.ms",
        "log.message.timestamp.before.max.ms",
        "log.message.timestamp.type",
        "log.retention.bytes",
        "log.retention.hours",
        "log.retention.minutes",
        "log.retention.ms",
        "log.roll.hours",
        "log.roll.ms",
        "log.segment.bytes",
        "message.max.bytes",
        "min.insync.replicas",
        "unclean.leader.election.enable",
        "default.replication.factor"},
       {"broker.rack"}},
      {"broker", topic_config_defs(), {}, {}},
  };
  for (const Owner& owner : owners) {
    const std::string code = sources_of(std::string(owner.folder));
    REQUIRE(code.size() > 1000);
    for (const ConfigDef& def : owner.defs) {
      INFO(owner.folder << " " << def.name);
      const auto listed = [&](const std::vector<std::string_view>& names) {
        return std::find(names.begin(), names.end(), def.name) != names.end();
      };
      const bool is_read = code.find("\"" + std::string(def.name) + "\"") != std::string::npos;
      CHECK(def.acts ==
            ((is_read || listed(owner.read_elsewhere)) && !listed(owner.without_effect)));
    }
  }
}

TEST_CASE("a setting of librdkafka acts on a client if, and only if, that client reads it") {
  struct Reader {
    std::string_view file;
    bool produces;
    std::vector<std::string_view> read_elsewhere;
  };
  for (const Reader& reader : {Reader{"producer/config_librdkafka.cpp", true, {}},
                               Reader{"consumer/settings_librdkafka.cpp", false, {}}}) {
    std::ostringstream code;
    code << std::ifstream(std::string(reader.file)).rdbuf();
    REQUIRE(code.str().size() > 1000);
    for (const ConfigDef& def : librdkafka_config_defs()) {
      INFO(reader.file << " " << def.name);
      const LibrdkafkaDef& own = *def.librdkafka;
      const std::string_view name = own.alias_of.empty() ? def.name : own.alias_of;
      const bool elsewhere = std::find(reader.read_elsewhere.begin(), reader.read_elsewhere.end(),
                                       name) != reader.read_elsewhere.end();
      const bool is_read = code.str().find("\"" + std::string(name) + "\"") != std::string::npos;
      CHECK((reader.produces ? own.acts_on_producer : own.acts_on_consumer) ==
            (is_read || elsewhere));
      CHECK(def.acts == (own.acts_on_producer || own.acts_on_consumer));
    }
  }
}
