// What is wrong with a scenario file: every finding with its place, sorted, ready to print. No
// colours.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  Position position;
  std::string text;
  bool operator==(const Diagnostic&) const = default;
};

class Diagnostics {
 public:
  void error(Position position, std::string text);
  void warning(Position position, std::string text);
  // The same words a second time, at another place, say nothing new.
  void warning_once(Position position, std::string text);
  // Takes over what `other` found and this has not, each text followed by `suffix`.
  void add_new(const Diagnostics& other, std::string_view suffix);

  bool has_errors() const { return has_errors_; }
  // So many findings that more help nobody; further ones are left out, and checkers may stop.
  bool is_full() const { return all_.size() >= most_findings; }
  // By position, errors of one place in the order in which they were found.
  std::vector<Diagnostic> sorted() const;
  // One line each: "file:line:column: error: text". Control characters are shown as \xNN.
  std::string lines(std::string_view path) const;

 private:
  void add(Diagnostic found);

  static constexpr std::size_t most_findings = 1000;
  std::vector<Diagnostic> all_;
  std::set<std::pair<Position, std::string>> known_;
  std::set<std::string> said_once_;
  bool has_errors_ = false;
};

// 'text', shortened, for messages.
std::string in_quotes(std::string_view text);
// Control characters and broken bytes as \xNN, so that no file can write to a terminal through a
// message.
std::string printable(std::string_view text);

// The word that was probably meant: the one with the fewest changed letters, if these are few;
// empty: none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string> words);
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);
// ", did you mean 'word'?" or, when none is near, nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> words);
// The same; where none of them is near, ", expected one of a, b" when they are few.
std::string did_you_mean_or_one_of(std::string_view word, std::span<const std::string> words);

}  // namespace kafkasim::scenarios
