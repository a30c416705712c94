// Reading a file, and the checks on its bytes that come before any parsing.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "scenarios/engine/document.hpp"

namespace kafkasim::scenarios {
namespace {

// Bytes of the UTF-8 character at the front; 0 when it is broken (overlong, surrogate, beyond
// Unicode).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

// Tells of the first broken byte and of the first control character only: rubbish has thousands.
bool check_characters(std::string_view text, Diagnostics& diagnostics) {
  Position position;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      diagnostics.error(position, "the file is not UTF-8 text: a broken character stands here");
      return false;
    }
    const auto first = static_cast<unsigned char>(text[i]);
    const bool line_end = first == '\n' || first == '\r';
    if ((first < 0x20 && first != '\t' && !line_end) || first == 0x7F) {
      diagnostics.error(
          position,
          fmt::format("the file is not text: the control character \\x{:02x} stands here", first));
      return false;
    }
    if (first == '\n') {
      position = {position.line + 1, 1};
    } else {
      ++position.column;
    }
    i += length;
  }
  return true;
}

bool check_tabs(std::string_view text, Diagnostics& diagnostics) {
  bool fine = true;
  for (int line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    const auto indentation = std::min(content.find_first_not_of(" \t\r"), content.size());
    const auto tab = content.substr(0, indentation).find('\t');
    if (tab != std::string_view::npos && indentation < content.size() &&
        content[indentation] != '#') {
      diagnostics.error({line, static_cast<int>(tab) + 1},
                        "a tab stands in the indentation, expected spaces");
      fine = false;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fine;
}

bool has_content(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto start = text.substr(0, end).find_first_not_of(" \t\r");
    if (start != std::string_view::npos && text[start] != '#') return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

std::optional<std::string> read_text(const std::string& path, Diagnostics& diagnostics) {
  const auto refuse = [&](const std::string& why) {
    diagnostics.error({}, why);
    return std::nullopt;
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    if (error && error != std::errc::no_such_file_or_directory &&
        error != std::errc::not_a_directory) {
      return refuse(fmt::format("the file cannot be read: {}", std::strerror(error.value())));
    }
    return refuse("there is no such file");
  }
  if (std::filesystem::is_directory(status))
    return refuse("this is a folder, expected a scenario file");
  // Anything that is not stored (a device, a pipe) is read up to the limit like a file.
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return refuse(
        fmt::format("the file cannot be read: {}", std::strerror(errno == 0 ? EIO : errno)));
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return refuse("the file cannot be read to its end");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most_bytes) return refuse("the file is too large, expected at most 1 MiB");
  return text;
}

bool guard_text(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > most_bytes) {
    diagnostics.error({}, "the file is too large, expected at most 1 MiB");
    return false;
  }
  if (!check_characters(text, diagnostics)) return false;
  if (!check_tabs(text, diagnostics)) return false;
  if (!has_content(text)) {
    diagnostics.error(
        {}, "the file is empty, expected a scenario: 'scenario', 'cluster', 'topics' and so on");
    return false;
  }
  return true;
}

}  // namespace kafkasim::scenarios
