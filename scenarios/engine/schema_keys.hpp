// What the keys of a scenario file mean, by name, as the table of the language says it. Keys of
// events and of expectations are left out: they have explanations of their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kafkasim::scenarios {

// One place where a key may stand.
struct KeyPlace {
  std::string where;  // "consumers NAME fails-on"; empty: the top of the file
  std::string doc;
  std::string expected;      // "a duration such as 5ms"
  std::string default_text;  // empty: none
  bool built = true;         // false: not supported yet
};

// All places of that key, in the order of the language; empty: there is no such key.
std::vector<KeyPlace> places_of_key(std::string_view key);
// Every key once, in the order of the language.
std::vector<std::string> keys_of_files();
// The places as text for people, `width` columns wide.
std::string explanation_of_key(std::string_view key, std::size_t width);

}  // namespace kafkasim::scenarios
