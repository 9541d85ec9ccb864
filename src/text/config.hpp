#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace faultline {

// A TOML document whose every complaint names file, line and key.
//
//   Outcome<Config> config = parse_toml(text, "day.toml");
//   Outcome<std::string> kind = config->text("kind");
//   Outcome<void> extra = config->only({"kind", "files"});      // a misspelt key is an error,
//   never ignored
//
// Invariant: a Config keeps its document alive; copies are cheap.
// Limits: 1 MiB of text, 64 levels.
class Config {
 public:
  struct Node;
  Config(std::shared_ptr<const Node> root, const Node* node, std::string path);

  // Where this table stands in the document, for messages: "table[0].columns".
  const std::string& path() const { return path_; }
  std::uint64_t line() const;
  const std::string& file() const;

  bool has(std::string_view key) const;
  std::vector<std::string> keys() const;

  // Required values. Errors: kMissingField, kUnexpectedField (another type of value).
  Outcome<std::string> text(std::string_view key) const;
  Outcome<std::int64_t> integer(std::string_view key) const;
  Outcome<double> number(std::string_view key) const;  // integers are numbers too
  Outcome<bool> flag(std::string_view key) const;
  Outcome<std::vector<std::string>> texts(std::string_view key) const;  // one text is a list of one
  Outcome<std::vector<double>> numbers(std::string_view key) const;
  Outcome<Config> table(std::string_view key) const;
  Outcome<std::vector<Config>> tables(std::string_view key) const;  // absent: empty

  // The same with a value for absence.
  Outcome<std::string> text_or(std::string_view key, std::string fallback) const;
  Outcome<std::int64_t> integer_or(std::string_view key, std::int64_t fallback) const;
  Outcome<double> number_or(std::string_view key, double fallback) const;
  Outcome<bool> flag_or(std::string_view key, bool fallback) const;

  // True where `key` holds a text and not a table or list.
  bool is_text(std::string_view key) const;
  bool is_table(std::string_view key) const;

  // Errors: kUnknownKey, naming the key and the nearest known one.
  Outcome<void> only(std::initializer_list<std::string_view> known) const;

  // A complaint about `key`, or about the whole table when it is empty.
  Diagnostic complain(Errc code, std::string_view key, std::string note = {}) const;

 private:
  std::shared_ptr<const Node> root_;
  const Node* node_;
  std::string path_;
};

// Errors: kBadToml with the line and the parser's own words, kLimit.
Outcome<Config> parse_toml(std::string_view text, std::string_view file_name);

// The word of `known` with the smallest edit distance to `word`, for "did you mean"; empty when
// none is near. Capital letters count as small ones.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace faultline
