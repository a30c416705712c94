// Every broken file of tests/scenarios/broken is refused with exactly the findings that stand
// beside it. With KAFKASIM_REWRITE=1 in the environment the expected findings are written anew, to
// be read before they are kept.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/engine/load.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::scenarios;
namespace fs = std::filesystem;

namespace {

const fs::path folder = "tests/scenarios/broken";

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> broken_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("a broken file is refused with all its findings, each at its place") {
  const auto files = broken_files();
  REQUIRE(files.size() >= 40);
  for (const fs::path& path : files) {
    INFO(path.string());
    const Loaded loaded = load_scenario_text(path.filename().string(), content(path));
    CHECK_FALSE(loaded.file);
    CHECK(loaded.diagnostics.has_errors());
    const std::string found = loaded.diagnostics.lines(path.filename().string());
    const fs::path expected = fs::path(path).replace_extension(".expected");
    if (std::getenv("KAFKASIM_REWRITE") != nullptr)
      std::ofstream(expected, std::ios::binary) << found;
    CHECK(found == content(expected));
  }
}
