// The table of lessons in scenarios/README.md against the files beside it.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "scenarios/engine/load.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::scenarios;

namespace {

// The last column of each row of a table whose first column is a link, by the link's text.
std::map<std::string, std::string> last_columns(const std::string& path) {
  std::map<std::string, std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| [")) continue;
    const std::string name = line.substr(3, line.find(']') - 3);
    CHECK(line.starts_with("| [" + name + "](" + name + ".yaml) | "));
    const std::size_t end = line.rfind(" |");
    const std::size_t begin = line.rfind("| ", end - 1) + 2;
    CHECK(out.emplace(name, line.substr(begin, end - begin)).second);
  }
  return out;
}

std::string variants_of(const ScenarioFile& file) {
  std::string out;
  for (const Scenario& variant : file.variants)
    out += (out.empty() ? "`" : ", `") + variant.variant + "`";
  return out.empty() ? "-" : out;
}

}  // namespace

TEST_CASE("the table of lessons names every file once, and its variants in their order", "[run]") {
  std::map<std::string, std::string> rows = last_columns("scenarios/README.md");
  for (const auto& entry : std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    const Loaded loaded = load_scenario(entry.path().string());
    REQUIRE(loaded.file);
    const std::string name = entry.path().stem().string();
    INFO(name);
    CHECK(rows.contains(name));
    CHECK(rows[name] == variants_of(*loaded.file));
    rows.erase(name);
  }
  for (const auto& [name, variants] : rows) FAIL_CHECK(name << " is in the table only");
}
