// What is no scenario file at all: missing, a folder, too large, not text, nested without end. And
// rubbish of every kind, which must always end in a finding with a place, never in an exception.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/engine/document.hpp"
#include "scenarios/engine/load.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::scenarios;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string findings(const std::string& text) {
  return load_scenario_text("x.yaml", text).diagnostics.lines("x.yaml");
}

const std::vector<std::string>& four_files() {
  static const std::vector<std::string> texts = {
      content("scenarios/duplicate-after-lost-ack.yaml"),
      content("scenarios/lost-after-ack-with-acks-1.yaml"),
      content("scenarios/reordered-by-a-retry.yaml"),
      content("scenarios/handled-twice-after-a-rebalance.yaml")};
  return texts;
}

// Either a scenario, or at least one error; every finding lies in the file.
void check_outcome(const std::string& text) {
  const Loaded loaded = load_scenario_text("x.yaml", text);
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  const bool places_are_inside = [&] {
    for (const Diagnostic& found : loaded.diagnostics.sorted()) {
      if (found.text.empty() || found.position.line < 1 || found.position.line > lines ||
          found.position.column < 1) {
        return false;
      }
    }
    return true;
  }();
  if (loaded.file.has_value() == loaded.diagnostics.has_errors() || !places_are_inside) {
    FAIL("no clear answer for\n" << text << "\n" << loaded.diagnostics.lines("x.yaml"));
  }
}

std::string repeated(const std::string& part, std::size_t bytes) {
  std::string text;
  while (text.size() + part.size() <= bytes) text += part;
  return text;
}

}  // namespace

TEST_CASE("a file that is not there, or is none, is told of without being read") {
  CHECK(load_scenario("no/such/file.yaml").diagnostics.lines("f") ==
        "f:1:1: error: there is no such file\n");
  CHECK(load_scenario("scenarios/duplicate-after-lost-ack.yaml/x").diagnostics.lines("f") ==
        "f:1:1: error: there is no such file\n");
  CHECK(load_scenario("tests").diagnostics.lines("f") ==
        "f:1:1: error: this is a folder, expected a scenario file\n");
  CHECK(load_scenario("").diagnostics.lines("f") == "f:1:1: error: there is no such file\n");
  CHECK(load_scenario(std::string(5000, 'x')).diagnostics.has_errors());
}

TEST_CASE("a file that cannot be read is told of with the reason") {
  // Opening this succeeds for nobody, not even for the administrator.
  const std::string path = "/proc/self/mem";
  if (!fs::exists(path)) return;
  const Loaded loaded = load_scenario(path);
  CHECK_FALSE(loaded.file);
  CHECK(loaded.diagnostics.has_errors());
}

TEST_CASE("a file of more than one mebibyte is refused by its size") {
  CHECK(findings(std::string(most_bytes + 1, ' ')) ==
        "x.yaml:1:1: error: the file is too large, expected at most 1 MiB\n");
  CHECK(load_scenario("/dev/zero").diagnostics.has_errors());
}

TEST_CASE("a file of exactly one mebibyte is read") {
  std::string text = four_files().front() + "# ";
  text += std::string(most_bytes - text.size(), 'x');
  CHECK(load_scenario_text("duplicate-after-lost-ack.yaml", text).file.has_value());
}

TEST_CASE("an empty file is told of") {
  CHECK(findings("").starts_with("x.yaml:1:1: error: the file is empty"));
  CHECK(findings("\n\n  \n").starts_with("x.yaml:1:1: error: the file is empty"));
  CHECK(findings("---\n").find("error: the scenario is empty") != std::string::npos);
}

TEST_CASE("what is not text in UTF-8 is refused at the first character that is broken") {
  using namespace std::string_literals;
  CHECK(findings("a: 1\nb\0: 2\n"s) ==
        "x.yaml:2:2: error: the file is not text: the control character \\x00 stands here\n");
  CHECK(findings("a: \x1b[31m\n") ==
        "x.yaml:1:4: error: the file is not text: the control character \\x1b stands here\n");
  for (const std::string broken :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80"}) {
    CHECK(findings("ab: " + broken + "\n") ==
          "x.yaml:1:5: error: the file is not UTF-8 text: a broken character stands here\n");
  }
  CHECK(findings("\xff\xfe"
                 "a\0:\0"s)
            .starts_with("x.yaml:1:1: error: the file is not UTF-8"));
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(findings("scenario: x\nquestion: \"Größe und Länge\"\nclüster: {ü: 1, brokers: 0}\n") ==
        "x.yaml:3:1: error: unknown key 'clüster' in the scenario, did you mean 'cluster'?\n");
  CHECK(findings("scenario: x\ncluster: { config: { ü: 1 }, brokers: 0 }\n")
            .find("x.yaml:2:39: error: 'brokers'") != std::string::npos);
}

TEST_CASE("a byte order mark and Windows line ends do no harm") {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : four_files().front())
    text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Loaded loaded = load_scenario_text("duplicate-after-lost-ack.yaml", text);
  CHECK(loaded.diagnostics.lines("f") == "");
  CHECK(loaded.file.has_value());
}

TEST_CASE("nesting without end is refused before it can do harm") {
  for (const std::string& part : {std::string("["), std::string("{a: "), std::string("- "),
                                  std::string("[{a: "), std::string("? "), std::string("a: [")}) {
    INFO(part);
    CHECK(load_scenario_text("x.yaml", repeated(part, 100000)).diagnostics.has_errors());
  }
  std::string staircase;
  for (std::size_t i = 0; i < 1000; ++i) staircase += std::string(i, ' ') + "a:\n";
  CHECK(findings(staircase).find("the nesting is too deep") != std::string::npos);
}

TEST_CASE("no word of the YAML library reaches the user") {
  for (const std::string text :
       {"a: {b: 1", "a: [1", "a: \"\\q\"", "a: \"\\xZZ\"", "a: |5x\n b", "a: &", "a: *", "!<x a: 1",
        "%YAML 1 2 3\n---\na: 1", "%TAG x\n---\na: 1", "a:\n- b\n c: d", "a: b\n - c", "]",
        "a: `b"}) {
    INFO(text);
    const std::string found = findings(text);
    CHECK(found.find(": error: ") != std::string::npos);
    CHECK(found.find("yaml-cpp") == std::string::npos);
    CHECK(found.find("illegal") == std::string::npos);
  }
}

TEST_CASE("a file cut short anywhere is either fine or told of with a place") {
  for (const std::string& text : four_files()) {
    REQUIRE(text.size() > 100);
    for (std::size_t length = 0; length < text.size(); ++length)
      check_outcome(text.substr(0, length));
  }
}

TEST_CASE("a file with one changed character is either fine or told of with a place") {
  constexpr std::string_view changes = "{}[]:,-#&*!|>'\"%@`?\t \n0a~";
  for (const std::string& text : four_files()) {
    for (std::size_t i = 0; i < text.size(); i += 3) {
      std::string changed = text;
      changed[i] = changes[i / 3 % changes.size()];
      check_outcome(changed);
      changed[i] = static_cast<char>(text[i] ^ (1 << (i % 8)));
      check_outcome(changed);
    }
  }
}

TEST_CASE("a file with a line removed or repeated is either fine or told of with a place") {
  for (const std::string& text : four_files()) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line + "\n");
    for (std::size_t changed = 0; changed < lines.size(); ++changed) {
      std::string without;
      std::string twice;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i != changed) without += lines[i];
        twice += i == changed ? lines[i] + lines[i] : lines[i];
      }
      check_outcome(without);
      check_outcome(twice);
    }
  }
}

TEST_CASE("a megabyte of rubbish is answered and its findings are limited") {
  constexpr std::size_t most_lines = 1010;
  for (const std::string& part :
       {std::string("a,"), std::string("x: 1\n"), std::string("\"a\" "), std::string("- x\n"),
        std::string(": "), std::string("? a\n"), std::string("{}"), std::string("'")}) {
    INFO(part);
    const std::string found = findings(repeated(part, most_bytes));
    CHECK(found.find("error: ") != std::string::npos);
    CHECK(static_cast<std::size_t>(std::count(found.begin(), found.end(), '\n')) < most_lines);
  }
  std::string many_keys = "scenario: x\n";
  for (int i = 0; many_keys.size() < most_bytes - 20; ++i)
    many_keys += "k" + std::to_string(i) + ":\n";
  CHECK(findings(many_keys).find("there may be more than these 1000 findings") !=
        std::string::npos);
}
