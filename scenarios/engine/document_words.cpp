// The complaints of the YAML parser, said again so that a student knows what to write instead.
#include <array>

#include "scenarios/engine/document_yaml.hpp"

namespace kafkasim::scenarios {

std::string in_our_words(std::string_view message) {
  struct Saying {
    std::string_view theirs;
    std::string_view ours;
  };
  constexpr std::array sayings = {
      Saying{"end of map flow",
             "a map that was opened with '{' is not closed, expected ',' or '}'"},
      Saying{"end of sequence flow",
             "a list that was opened with '[' is not closed, expected ',' or ']'"},
      Saying{"end of map",
             "the map ends in a way that is not clear, expected 'key: value' in one column"},
      Saying{"end of sequence",
             "the list ends in a way that is not clear, expected '- ' in one column"},
      Saying{"illegal map value",
             "a ': ' stands where no value can begin, expected one 'key: value' a line"},
      Saying{"illegal map key", "a key stands where none can be, expected it on a line of its own"},
      Saying{"illegal block entry",
             "a '- ' stands where no list can begin, expected it on a line of its own"},
      Saying{"illegal flow end", "a ']' or '}' stands here that closes nothing"},
      Saying{"unknown escape",
             "an unknown escape stands in a quoted text, expected \\n, \\t, \\\" or \\\\"},
      Saying{"hex number", "a broken escape stands in a quoted text, expected hexadecimal digits"},
      Saying{"invalid unicode", "an escape in a quoted text names no character"},
      Saying{"illegal EOF", "a quoted text is not closed before the end of the file"},
      Saying{"document indicator", "a quoted text is not closed before '---' or '...'"},
      Saying{"illegal tab", "a tab stands in the indentation, expected spaces"},
      Saying{"zero indentation", "a text block cannot have no indentation"},
      Saying{"block scalar",
             "a text block does not begin as one, expected '|' or '>' and a new line"},
      Saying{"alias", "aliases are not part of a scenario file, expected the value itself"},
      Saying{"referenced anchor",
             "aliases are not part of a scenario file, expected the value itself"},
      Saying{"anchor", "anchors are not part of a scenario file, expected the value itself"},
      Saying{"directive", "directives (lines that begin with '%') are not part of a scenario file"},
      Saying{"bad YAML version",
             "directives (lines that begin with '%') are not part of a scenario file"},
      Saying{"YAML major",
             "directives (lines that begin with '%') are not part of a scenario file"},
      Saying{"tag", "tags are not part of a scenario file, expected the value without one"},
      Saying{"character in scalar",
             "this character cannot begin a text, expected the text in quotes"},
      Saying{"unknown token", "this character cannot begin a text, expected the text in quotes"},
  };
  for (const Saying& saying : sayings) {
    if (message.find(saying.theirs) != std::string_view::npos) return std::string(saying.ours);
  }
  return "the file cannot be read as YAML from here on";
}

}  // namespace kafkasim::scenarios
