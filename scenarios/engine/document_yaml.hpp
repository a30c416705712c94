// What stands between the YAML parser and us: its places and its complaints. Private to
// document.cpp.
#pragma once

#include <yaml-cpp/mark.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

// Where a line begins, to turn the parser's byte positions into columns of characters.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text), starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  // The parser may stand behind the last line; then it is the end of the text.
  Position position(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
    if (line >= starts_.size()) return {static_cast<int>(starts_.size()), 1};
    const std::string_view content = content_of(line);
    const std::size_t bytes =
        std::min(static_cast<std::size_t>(std::max(mark.column, 0)), content.size());
    // Going on from the last place asked for: a file may be one line of a megabyte.
    if (line != last_line_ || bytes < last_bytes_) {
      last_line_ = line;
      last_bytes_ = 0;
      last_characters_ = 0;
    }
    for (; last_bytes_ < bytes; ++last_bytes_) {
      if ((static_cast<unsigned char>(content[last_bytes_]) & 0xC0U) != 0x80U) ++last_characters_;
    }
    return {static_cast<int>(line) + 1, last_characters_ + 1};
  }

  // The next few characters of that line.
  std::string_view source(const YAML::Mark& mark) const {
    const std::string_view rest = text_from(mark);
    return rest.substr(0, rest.substr(0, 10).find('\n'));
  }

  // What is written from there to the end of the file.
  std::string_view text_from(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
    if (mark.is_null() || line >= starts_.size()) return {};
    const std::size_t start = starts_[line] + static_cast<std::size_t>(std::max(mark.column, 0));
    return text_.substr(std::min(start, text_.size()));
  }

 private:
  std::string_view content_of(std::size_t line) const {
    const std::size_t end = line + 1 < starts_.size() ? starts_[line + 1] - 1 : text_.size();
    return text_.substr(starts_[line], end - starts_[line]);
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;
  mutable std::size_t last_line_ = 0;
  mutable std::size_t last_bytes_ = 0;
  mutable int last_characters_ = 0;
};

// What the parser complains about, in our words.
std::string in_our_words(std::string_view message);

}  // namespace kafkasim::scenarios
