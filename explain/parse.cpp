// Line by line: a heading opens an entry, an empty line ends a paragraph, "- Name: value" is a
// field and goes on where the next line is indented.
#include "explain/parse.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::explain {
namespace {

// A single word such as `all`, which without quotes would read as a part of the sentence.
bool needs_quotes(std::string_view code) {
  return std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Without the marks of Markdown: 'all', but linger.ms and acks=all as they are.
std::string plain(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const auto start = std::min(line.find('`'), line.size());
    out += line.substr(0, start);
    line.remove_prefix(std::min(start + 1, line.size()));
    const auto end = line.find('`');
    if (end == std::string_view::npos) continue;
    const std::string_view code = line.substr(0, end);
    out += needs_quotes(code) ? fmt::format("'{}'", code) : std::string(code);
    line.remove_prefix(end + 1);
  }
  return out;
}

std::string_view next_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

std::string_view without_indent(std::string_view line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

// Puts lines together; `open` says whether the paragraph at the end takes more.
class Builder {
 public:
  explicit Builder(Entry& entry) : entry_(&entry) {}

  void take(std::string_view line) {
    if (line.empty()) {
      open_ = false;
    } else if (line.starts_with("- ")) {
      take_field(line.substr(2));
    } else if (!entry_->fields.empty()) {
      entry_->fields.back().value += " " + plain(without_indent(line));
    } else if (open_) {
      entry_->paragraphs.back() += " " + plain(line);
    } else {
      entry_->paragraphs.push_back(plain(line));
      open_ = true;
    }
  }

 private:
  void take_field(std::string_view line) {
    const auto colon = std::min(line.find(": "), line.size());
    Field field;
    field.name = plain(line.substr(0, colon));
    if (colon < line.size()) field.value = plain(line.substr(colon + 2));
    entry_->fields.push_back(std::move(field));
  }

  Entry* entry_;
  bool open_ = false;
};

}  // namespace

std::vector<Entry> parse(std::string_view text, Kind kind) {
  std::vector<Entry> entries;
  while (!text.empty()) {
    const auto start = text.starts_with("## ") ? 0 : text.find("\n## ");
    if (start == std::string_view::npos) break;
    text.remove_prefix(text.starts_with("## ") ? 3 : start + 4);
    const auto end = std::min(text.find("\n## "), text.size());
    std::string_view body = text.substr(0, end);
    text.remove_prefix(end);
    Entry entry;
    entry.kind = kind;
    entry.name = next_line(body);
    Builder builder(entry);
    while (!body.empty()) builder.take(next_line(body));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace kafkasim::explain
