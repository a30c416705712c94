// The texts themselves: none is a stub, every name that they mention exists, none stands twice.
#include "explain/texts.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "explain/catalogue.hpp"
#include "explain/lessons.hpp"
#include "explain/parse.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::explain;
namespace fs = std::filesystem;

namespace {

const Catalogue& catalogue() {
  static const Catalogue all;
  return all;
}

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string whole_text(const Entry& entry) {
  std::string all;
  for (const std::string& paragraph : entry.paragraphs) all += paragraph;
  return all;
}

const Text* embedded(std::span<const Text> texts, const std::string& name) {
  for (const Text& each : texts) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

// Names of events as they are written in headers: `static constexpr std::string_view name = "x";`.
std::set<std::string> names_in(const std::string& folder) {
  static const std::regex pattern("std::string_view name = \"([^\"]+)\"");
  std::set<std::string> names;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".hpp") continue;
    const std::string text = content(file.path());
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
      names.insert((*at)[1]);
  }
  return names;
}

}  // namespace

TEST_CASE("an entry is read with its paragraphs and fields") {
  const auto entries = parse(
      "# For readers\n\nNot an entry.\n\n## a.b\nOne `line` of `x.y`\nand more.\n\nTwo.\n\n- See "
      "also: c,\n"
      "  d\n- Also: e\n\n## ssl.*\nFamily.\n",
      Kind::error);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "a.b");
  CHECK(entries[0].paragraphs == std::vector<std::string>{"One 'line' of x.y and more.", "Two."});
  CHECK(list_field(entries[0], "See also") == std::vector<std::string>{"c", "d"});
  CHECK(field(entries[0], "Also") == "e");
  CHECK(field(entries[0], "Other").empty());
  CHECK(entries[1].name == "ssl.*");
}

TEST_CASE("the texts in the program are those of the files") {
  std::size_t files = 0;
  for (const auto& file : fs::directory_iterator("docs/explain")) {
    if (file.path().stem() == "README") continue;
    ++files;
    INFO(file.path());
    CHECK(kind_of_file(file.path().stem().string()));
    const Text* text = embedded(explanation_texts(), file.path().stem().string());
    REQUIRE(text != nullptr);
    const bool same = text->text == content(file.path());  // too long to be shown
    CHECK(same);
  }
  CHECK(explanation_texts().size() == files);
  CHECK(files >= 15);
  for (const auto& file : fs::directory_iterator("scenarios")) {
    if (file.path().extension() != ".yaml") continue;
    INFO(file.path());
    const Text* text = embedded(lesson_texts(), file.path().stem().string());
    REQUIRE(text != nullptr);
    const bool same = text->text == content(file.path());  // too long to be shown
    CHECK(same);
  }
}

TEST_CASE("no explanation is a stub") {
  CHECK(catalogue().entries().size() > 500);
  for (const Entry& entry : catalogue().entries()) {
    INFO(entry.name);
    CHECK(whole_text(entry).size() >= 60);
  }
}

TEST_CASE("no name is explained twice within its kind") {
  std::set<std::pair<Kind, std::string>> known;
  for (const Entry& entry : catalogue().entries()) {
    INFO(entry.name);
    CHECK(known.insert({entry.kind, entry.name}).second);
  }
}

TEST_CASE("every 'see also' leads somewhere, and not to itself") {
  for (const Entry& entry : catalogue().entries()) {
    for (const std::string& name : list_field(entry, "See also")) {
      INFO(entry.name << " -> " << name);
      const auto matches = catalogue().find(name);
      CHECK_FALSE(matches.empty());
      CHECK(std::any_of(matches.begin(), matches.end(),
                        [&](const Match& match) { return match.entry != &entry; }));
    }
  }
}

TEST_CASE("fields have known names") {
  const std::set<std::string> known = {"See also",     "Also",         "Exception", "Record stored",
                                       "Permitted by", "Prevented by", "Lessons",   "Java"};
  for (const Entry& entry : catalogue().entries()) {
    for (const Field& field : entry.fields) {
      INFO(entry.name << ": " << field.name);
      CHECK(known.contains(field.name));
      CHECK_FALSE(field.value.empty());
    }
  }
}

TEST_CASE("every line of the trace is explained, and no other") {
  std::set<std::string> names = names_in("protocol");
  names.merge(names_in("consumer"));
  names.merge(names_in("producer"));
  names.merge(names_in("scenarios/engine"));
  const auto explained = catalogue().names(Kind::trace_line);
  CHECK(std::set<std::string>(explained.begin(), explained.end()) == names);
}

TEST_CASE("every lesson that an entry names exists") {
  for (const Entry& entry : catalogue().entries()) {
    for (const std::string& lesson : list_field(entry, "Lessons")) {
      INFO(entry.name << " -> " << lesson);
      CHECK(embedded(lesson_texts(), lesson) != nullptr);
    }
  }
}
