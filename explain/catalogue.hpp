// All entries, and who is meant by a name: Kafka's name in any case, the number of an error, the
// name of its exception, or an alias.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "explain/entry.hpp"

namespace kafkasim::explain {

// An entry, and which thing of it was asked for: for a family such as ssl.* the one name.
struct Match {
  const Entry* entry = nullptr;
  std::string name;
};

class Catalogue {
 public:
  Catalogue();  // reads the texts that are built in

  const std::vector<Entry>& entries() const { return entries_; }
  // By kind, then as the files have them. Empty: nothing bears that name. The matches point into
  // this catalogue.
  std::vector<Match> find(std::string_view name) const;
  // What there is of one kind, sorted: a family counts with each of its names.
  std::vector<std::string> names(Kind kind) const;
  // Every name and alias, sorted, each once.
  std::vector<std::string> all_names() const;
  // Names that have `part` in them, at most `most`.
  std::vector<std::string> names_with(std::string_view part, std::size_t most) const;

 private:
  std::vector<Entry> entries_;
};

// Which kind the file of that name speaks of; nothing: no file of the catalogue.
std::optional<Kind> kind_of_file(std::string_view name);

}  // namespace kafkasim::explain
