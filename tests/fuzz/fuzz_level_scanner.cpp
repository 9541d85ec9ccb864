// The scanner of book levels against a naive twin that first cuts the text into tokens, and against
// the JSON reader: what that takes for a list of levels, the scanner must take too.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feed/level_scanner.hpp"
#include "fuzz_input.hpp"
#include "text/json.hpp"

namespace faultline {
namespace {

using Levels = std::vector<std::pair<std::string, std::string>>;

// Absent where the scan did not end properly.
std::optional<Levels> scan(std::string_view text) {
  LevelScanner scanner(text);
  Levels levels;
  std::string_view price;
  std::string_view qty;
  while (scanner.next(price, qty)) {
    FAULTLINE_CHECK(price.empty() || (price.data() >= text.data() &&
                                      price.data() + price.size() <= text.data() + text.size()));
    levels.emplace_back(price, qty);
  }
  FAULTLINE_CHECK(!scanner.next(price, qty));  // the end stays the end
  return scanner.is_whole() ? std::optional(levels) : std::nullopt;
}

struct Token {
  char kind;  // one of [ ] , or s for a number or a text
  std::string text;
};

// Absent where something is neither.
std::optional<std::vector<Token>> tokens_of(std::string_view text) {
  constexpr std::string_view kNumberChars = "0123456789.+-eE";
  std::vector<Token> tokens;
  while (!text.empty()) {
    const char c = text[0];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      text.remove_prefix(1);
    } else if (c == '[' || c == ']' || c == ',') {
      tokens.push_back({c, ""});
      text.remove_prefix(1);
    } else if (c == '"') {
      const std::size_t end = text.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      tokens.push_back({'s', std::string(text.substr(1, end - 1))});
      if (tokens.back().text.find('\\') != std::string::npos) return std::nullopt;
      text.remove_prefix(end + 1);
    } else {
      const std::size_t size = std::min(text.find_first_not_of(kNumberChars), text.size());
      if (size == 0) return std::nullopt;
      tokens.push_back({'s', std::string(text.substr(0, size))});
      text.remove_prefix(size);
    }
  }
  return tokens;
}

std::optional<Levels> scan_naively(std::string_view text) {
  const auto tokens = tokens_of(text);
  if (!tokens) return std::nullopt;
  std::string kinds;
  for (const Token& token : *tokens) kinds += token.kind;
  if (kinds.size() < 2 || kinds.front() != '[' || kinds.back() != ']') return std::nullopt;
  Levels levels;
  const std::size_t end = kinds.size() - 1;
  for (std::size_t at = 1; at < end;) {
    if (!levels.empty() && kinds[at++] != ',') return std::nullopt;
    if (kinds.compare(at, 4, "[s,s") != 0) return std::nullopt;
    levels.emplace_back((*tokens)[at + 1].text, (*tokens)[at + 3].text);
    at += 4;
    while (kinds.compare(at, 2, ",s") == 0) at += 2;
    if (at >= end || kinds[at++] != ']') return std::nullopt;
  }
  return levels;
}

// How many levels the JSON reader sees; absent where it sees none such.
std::optional<std::size_t> count_levels(std::string_view text) {
  const Result<JsonValue> json = parse_json(text);
  const JsonValue::Array* list = json ? json->as_array() : nullptr;
  if (list == nullptr || text.find('\\') != std::string_view::npos) return std::nullopt;
  for (const JsonValue& level : *list) {
    const JsonValue::Array* values = level.as_array();
    if (values == nullptr || values->size() < 2) return std::nullopt;
    for (const JsonValue& value : *values) {
      if (value.as_string() == nullptr && !value.as_double()) return std::nullopt;
    }
  }
  return list->size();
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const auto levels = scan(text);
  FAULTLINE_CHECK(levels == scan_naively(text));
  const auto count = count_levels(text);
  if (count) FAULTLINE_CHECK(levels && levels->size() == *count);
}
