// Builds the tree of a document from the events of the YAML parser. What a scenario file may not
// use ends the parsing at its place; what the parser throws is said again in our words.
#include "scenarios/engine/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <sstream>

#include "scenarios/engine/document_yaml.hpp"

namespace kafkasim::scenarios {
namespace {

// Something that a scenario file may not use; ends the parsing.
struct Refused {
  Position position;
  std::string text;
};

// Does the quoted text that begins there end? (The parser lets the end of the file close it.)
bool is_closed(std::string_view text) {
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return true;
      ++i;
    }
  }
  return false;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
  });
}

// The words that YAML takes for "no value"; here they are texts like any other.
std::string_view null_word(std::string_view source) {
  constexpr std::array<std::string_view, 4> words = {"null", "Null", "NULL", "~"};
  for (const std::string_view word : words) {
    if (!source.starts_with(word)) continue;
    const std::string_view rest = source.substr(word.size());
    if (rest.empty() || std::string_view(" \t\r,]}:#").find(rest[0]) != std::string_view::npos)
      return word;
  }
  return {};
}

// Between [ ] and { } YAML takes the comma of follower(orders-0, 1) for its own, and finds two
// texts where one was meant.
bool is_cut_role(const Node& first, std::string_view second) {
  return first.is_scalar() && first.text.starts_with("follower(") && !first.text.ends_with(')') &&
         second.ends_with(')');
}

void join_roles(Node& node) {
  for (std::size_t i = 0; i + 1 < node.items.size(); ++i) {
    const Node& next = node.items[i + 1];
    if (!next.is_scalar() || !is_cut_role(node.items[i], next.text)) continue;
    node.items[i].text += ", " + next.text;
    node.items.erase(node.items.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  for (std::size_t i = 0; i + 1 < node.entries.size(); ++i) {
    const Entry& next = node.entries[i + 1];
    if (!next.value.nothing || !is_cut_role(node.entries[i].value, next.key)) continue;
    node.entries[i].value.text += ", " + next.key;
    node.entries.erase(node.entries.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, Diagnostics& diagnostics)
      : lines_(lines), diagnostics_(diagnostics) {}

  Node take_root() { return std::move(root_); }
  // The innermost list or map that is not finished.
  std::optional<Position> open_position() const {
    return open_.empty() ? std::nullopt : std::optional(open_.back().node.position);
  }
  bool has_root() const { return has_root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node{Node::Kind::scalar,
              lines_.position(mark),
              std::string(null_word(lines_.source(mark))),
              false,
              {},
              {}};
    node.nothing = node.text.empty();
    // "a:" before "null: 1" is told with the place of the next key: two findings at one place mean
    // that the first was really empty.
    const Position place = node.position;
    if (last_null_ != nullptr && last_null_place_ == place) {
      last_null_->text.clear();
      last_null_->nothing = true;
    }
    Node* added = add(std::move(node));
    last_null_ = added;
    last_null_place_ = place;
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    if (lines_.source(mark).starts_with('*')) refuse_alias(mark);
    throw Refused{lines_.position(mark),
                  "anchors are not part of a scenario file, expected the value itself"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    const std::string_view source = lines_.text_from(mark);
    const bool quoted = source.starts_with('"') || source.starts_with('\'') ||
                        source.starts_with('|') || source.starts_with('>');
    if (tag != "?" && !(tag == "!" && quoted)) refuse_tag(mark);
    if ((source.starts_with('"') || source.starts_with('\'')) && !is_closed(source)) {
      throw Refused{lines_.position(mark),
                    "a quoted text is not closed before the end of the file"};
    }
    if (has_control_character(value)) {
      diagnostics_.error(lines_.position(mark),
                         "a control character stands in this text, expected none");
    }
    last_null_ = nullptr;
    add(Node{Node::Kind::scalar, lines_.position(mark), value, false, {}, {}});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin(mark, tag, Node::Kind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    begin(mark, tag, Node::Kind::map);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  // An open list or map; a map that has a key waits for its value.
  struct Open {
    Node node;
    std::optional<Entry> key;
    std::map<std::string, int> key_lines{};
  };

  [[noreturn]] void refuse_alias(const YAML::Mark& mark) const {
    throw Refused{lines_.position(mark),
                  "aliases are not part of a scenario file, expected the value itself"};
  }
  [[noreturn]] void refuse_tag(const YAML::Mark& mark) const {
    throw Refused{lines_.position(mark),
                  "tags are not part of a scenario file, expected the value without one"};
  }

  void begin(const YAML::Mark& mark, const std::string& tag, Node::Kind kind) {
    if (tag != "?" && !tag.empty()) refuse_tag(mark);
    last_null_ = nullptr;
    if (open_.size() >= most_levels) {
      throw Refused{
          lines_.position(mark),
          fmt::format("the nesting is too deep, expected at most {} levels", most_levels)};
    }
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().key) {
      throw Refused{lines_.position(mark), "a list or map stands as a key, expected a word"};
    }
    open_.push_back({Node{kind, lines_.position(mark), "", false, {}, {}}, std::nullopt, {}});
  }

  void end() {
    Node done = std::move(open_.back().node);
    join_roles(done);
    open_.pop_back();
    last_null_ = nullptr;
    add(std::move(done));
  }

  // Puts a finished node where it belongs; answers where it stands while it may still be changed.
  Node* add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return &root_;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
      return &parent.node.items.back();
    }
    if (!parent.key) {
      begin_entry(parent, std::move(node));
      return nullptr;
    }
    if (node.nothing) node.position = parent.key->position;
    parent.key->value = std::move(node);
    parent.node.entries.push_back(std::move(*parent.key));
    parent.key.reset();
    return &parent.node.entries.back().value;
  }

  void begin_entry(Open& parent, Node key) {
    if (key.text == "<<") throw Refused{key.position, "merge keys are not part of a scenario file"};
    if (key.nothing) throw Refused{key.position, "a key is missing before ':'"};
    const bool rest_of_role =
        !parent.node.entries.empty() && is_cut_role(parent.node.entries.back().value, key.text);
    if (rest_of_role) {
      parent.key = Entry{key.text, key.position, Node{}};
      return;
    }
    const auto [first, is_new] = parent.key_lines.emplace(key.text, key.position.line);
    if (!is_new) {
      diagnostics_.error(key.position,
                         fmt::format("the key {} stands here a second time, first in line {}",
                                     in_quotes(key.text), first->second));
    }
    parent.key = Entry{key.text, key.position, Node{}};
  }

  const Lines& lines_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  Node root_;
  bool has_root_ = false;
  Node* last_null_ = nullptr;
  Position last_null_place_;
};

// The parser tells of a bracket that is never closed without a place; then the bracket itself is
// the place.
Diagnostic complaint(const YAML::Exception& error, const Lines& lines, const TreeBuilder& builder) {
  Position position = lines.position(error.mark);
  const bool unclosed = error.msg.find("flow not found") != std::string::npos;
  const bool at_the_end =
      lines.text_from(error.mark).find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (unclosed && (at_the_end || position == Position{}))
    position = builder.open_position().value_or(position);
  return {Severity::error, position, in_our_words(error.msg)};
}

// Parses all of it; what is left behind the first document is a second one.
std::optional<Node> build(std::string_view text, const Lines& lines, TreeBuilder& builder,
                          Diagnostics& diagnostics) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder) || !builder.has_root()) {
    diagnostics.error(
        {}, "the file is empty, expected a scenario: 'scenario', 'cluster', 'topics' and so on");
    return std::nullopt;
  }
  Node root = builder.take_root();
  Diagnostics ignored;
  TreeBuilder rest(lines, ignored);
  bool second = false;
  try {
    second = parser.HandleNextDocument(rest);
  } catch (const Refused&) {
    second = true;
  }
  if (second) {
    diagnostics.error(rest.has_root() ? rest.take_root().position : Position{},
                      "a second document begins here, expected one scenario a file");
    return std::nullopt;
  }
  return root;
}

}  // namespace

const Entry* Node::find_entry(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

std::optional<Node> parse_document(std::string_view text, Diagnostics& diagnostics) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (!guard_text(text, diagnostics)) return std::nullopt;
  const Lines lines(text);
  TreeBuilder builder(lines, diagnostics);
  try {
    return build(text, lines, builder, diagnostics);
  } catch (const Refused& refused) {
    diagnostics.error(refused.position, refused.text);
  } catch (const YAML::Exception& error) {
    const Diagnostic found = complaint(error, lines, builder);
    diagnostics.error(found.position, found.text);
  } catch (const std::exception&) {
    diagnostics.error({}, "the file cannot be read as YAML");
  }
  return std::nullopt;
}

}  // namespace kafkasim::scenarios
