// One pattern a kind of fault; what fits none is refused.
#include "tests/conformance/fault_text.hpp"

#include <fmt/format.h>

#include <cctype>
#include <limits>
#include <optional>
#include <regex>
#include <stdexcept>
#include <vector>

#include "protocol/message.hpp"

namespace kafkasim::conformance {
namespace {

using Kind = Fault::Kind;

constexpr std::int64_t longest_delay_ms = 600'000;
constexpr std::int64_t highest_number = 1'000'000;

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("cannot be replayed: " + why);
}

std::int64_t number(const std::string& digits, std::int64_t highest) {
  if (digits.size() > 9) refuse("the number " + digits + " is too large");
  const std::int64_t value = std::stoll(digits);
  if (value > highest) refuse("the number " + digits + " is too large");
  return value;
}

struct Pattern {
  Kind kind;
  std::regex text;  // groups: API, first, last, then what the kind needs
};

// "Produce #3", "Produce #3 to #5".
const std::string request = R"((?:the )?([A-Za-z]+) #(\d+)(?:(?:-|\.\.| to | and )#?(\d+))?)";
const std::string is = R"( (?:(?:is|was|are|were) )?)";
const std::string end = R"((?:,? (?:and )?(?:the )?connection (?:is )?([a-z ]+))?$)";

const std::vector<Pattern>& patterns() {
  const auto of = [](const std::string& text) {
    return std::regex("^" + text, std::regex::ECMAScript | std::regex::icase);
  };
  static const std::string answer = "(?:the )?(?:answers?|responses?) to " + request;
  static const std::vector<Pattern> all = {
      {Kind::answer_lost, of(answer + is + "(?:dropped|lost)" + end)},
      {Kind::answer_late, of(answer + is + R"(delayed (?:by |for )?(\d+) ?(ms|s)$)")},
      {Kind::answer_replaced, of(answer + is + R"(replaced (?:by|with) ([A-Z_]+)$)")},
      {Kind::refused,
       of(request + is + R"(answered (?:with )?([A-Z_]+) without reaching the broker$)")},
      {Kind::answer_replaced,
       of(request + is + R"(answered (?:with )?([A-Z_]+) after reaching the broker$)")},
      {Kind::request_lost, of(request + " never (?:reaches|reached) the broker" + end)},
      {Kind::request_lost, of(request + is + "(?:dropped|lost)" + end)},
      {Kind::request_late, of(request + is + R"(delayed (?:by |for )?(\d+) ?(ms|s)$)")},
  };
  return all;
}

std::string api_named(const std::string& text) {
  for (std::size_t i = 0; i < std::variant_size_v<protocol::RequestBody>; ++i) {
    if (protocol::api_name(i) == text) return text;
  }
  refuse(fmt::format("there is no API '{}'", text));
}

protocol::ErrorCode error_named(const std::string& text) {
  // What it was called before followers served fetches.
  if (text == "NOT_LEADER_FOR_PARTITION") return protocol::ErrorCode::not_leader_or_follower;
  const std::optional<protocol::ErrorCode> error = protocol::error_code(text);
  if (!error || *error == protocol::ErrorCode::none)
    refuse(fmt::format("there is no error '{}'", text));
  return *error;
}

bool closes(const std::string& word) {
  if (word == "closed" || word == "cut" || word == "reset") return true;
  for (const char* silent : {"", "open", "stays open", "kept open", "left open", "silent"}) {
    if (word == silent) return false;
  }
  refuse(fmt::format("'connection {}' says neither that it is closed nor that it is open", word));
}

Fault read(const Pattern& pattern, const std::smatch& match) {
  Fault fault;
  fault.kind = pattern.kind;
  fault.api = api_named(match[1]);
  fault.first = number(match[2], highest_number);
  fault.last = match[3].matched ? number(match[3], highest_number) : fault.first;
  if (fault.first < 1 || fault.last < fault.first) refuse("requests are counted from #1");
  switch (pattern.kind) {
    case Kind::answer_lost:
    case Kind::request_lost:
      fault.closes = closes(match[4]);
      break;
    case Kind::answer_late:
    case Kind::request_late:
      fault.delay = std::chrono::milliseconds(number(match[4], longest_delay_ms));
      if (match[5] == "s") fault.delay *= 1000;
      if (fault.delay > std::chrono::milliseconds(longest_delay_ms))
        refuse("the delay is too long");
      break;
    case Kind::answer_replaced:
    case Kind::refused:
      fault.error = error_named(match[4]);
      break;
    case Kind::none:
      break;
  }
  return fault;
}

}  // namespace

Fault read_fault(const std::string& text) {
  if (text.empty() || text == "none" || text == "no fault") return {};
  if (text.size() > 200) refuse("a fault whose text is that long");
  for (const Pattern& pattern : patterns()) {
    std::smatch match;
    if (std::regex_search(text, match, pattern.text)) return read(pattern, match);
  }
  refuse(fmt::format("the fault '{}' is not understood", text));
}

}  // namespace kafkasim::conformance
