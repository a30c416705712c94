// Wrapping, columns, and the order of what is said.
#include "explain/show.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "explain/facts.hpp"
#include "explain/lessons.hpp"

namespace kafkasim::explain {
namespace {

constexpr std::size_t indent = 2;
constexpr std::size_t most_lessons = 10;

// Words of `text` in lines of at most `width` columns; all but the first line begin with `hanging`
// blanks, and the first is taken to begin behind so many.
std::string wrapped(std::string_view text, std::size_t hanging, std::size_t width) {
  std::string out;
  std::size_t column = hanging;
  bool first = true;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!first && column + 1 + word.size() > width) {
      out += '\n' + std::string(hanging, ' ');
      column = hanging;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    first = false;
  }
  return out;
}

std::string labelled(std::string_view label, std::string_view value, std::size_t label_width,
                     std::size_t width) {
  const std::size_t hanging = indent + label_width + 2;
  return fmt::format("{:{}}{:<{}}  {}\n", "", indent, label, label_width,
                     wrapped(value, hanging, width));
}

std::string bold(std::string_view text, bool colour) {
  return colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// Names of the same thing other than the one that is shown.
std::vector<std::string> other_names(const Match& match) {
  std::vector<std::string> names = list_field(*match.entry, "Also");
  if (match.name != match.entry->name) names.insert(names.begin(), match.entry->name);
  std::erase(names, match.name);
  return names;
}

std::string table(const std::vector<Field>& rows, std::size_t width) {
  std::size_t label_width = 0;
  for (const Field& row : rows) label_width = std::max(label_width, row.name.size());
  std::string out;
  for (const Field& row : rows) out += labelled(row.name, row.value, label_width, width);
  return out;
}

// What stands below the paragraphs: the fields that are not said elsewhere, then the lessons.
std::vector<Field> closing_rows(const Match& match) {
  std::vector<Field> rows;
  for (const Field& field : match.entry->fields) {
    if (field.name == "Exception" || field.name == "Lessons") continue;
    rows.push_back(field);
    if (field.name == "Also") rows.back().value = joined(other_names(match));
  }
  if (auto lessons = lessons_showing(match); !lessons.empty()) {
    const std::size_t more = lessons.size() > most_lessons ? lessons.size() - most_lessons : 0;
    lessons.resize(lessons.size() - more);
    rows.push_back(
        {"Lessons", joined(lessons) + (more > 0 ? fmt::format(" and {} more", more) : "")});
  }
  for (Field& row : rows) {
    if (row.name == "Java") row.name = "In Java";
    if (row.name[0] >= 'A' && row.name[0] <= 'Z') row.name[0] += 'a' - 'A';
  }
  return rows;
}

}  // namespace

std::string explanation(const std::vector<Match>& matches, const ShowOptions& options) {
  std::string out;
  for (const Match& match : matches) {
    const Entry& entry = *match.entry;
    const std::string& name = match.name.empty() ? entry.name : match.name;
    if (!out.empty()) out += '\n';
    out += fmt::format("{}: {}\n", bold(name, options.colour), in_words(entry.kind));
    out += table(facts(entry, match.name), options.width);
    for (const std::string& paragraph : entry.paragraphs) {
      out += fmt::format("\n{:{}}{}\n", "", indent, wrapped(paragraph, indent, options.width));
    }
    const std::vector<Field> rows = closing_rows(match);
    if (!rows.empty()) out += '\n' + table(rows, options.width);
  }
  return out;
}

std::string overview(const Catalogue& catalogue, const ShowOptions& options) {
  std::string out;
  for (int i = 0; i < kinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    const std::vector<std::string> names = catalogue.names(kind);
    if (names.empty()) continue;
    std::size_t longest = 0;
    for (const std::string& name : names) longest = std::max(longest, name.size());
    const std::size_t column = longest + 2;
    const std::size_t columns = std::max<std::size_t>(1, (options.width - indent) / column);
    const std::size_t rows = (names.size() + columns - 1) / columns;
    out += fmt::format("{}{}\n", out.empty() ? "" : "\n", bold(heading(kind), options.colour));
    for (std::size_t row = 0; row < rows; ++row) {
      std::string line(indent, ' ');
      for (std::size_t at = row; at < names.size(); at += rows)
        line += fmt::format("{:<{}}", names[at], column);
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
    }
  }
  return out;
}

}  // namespace kafkasim::explain
