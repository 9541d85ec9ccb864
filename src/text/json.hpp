#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace faultline {

struct JsonMember;

// One JSON value that owns all below it: for manifests, configuration and `--json` output.
//
//   JsonValue report = JsonValue::object();
//   report.set("rows", 12).set("gaps", JsonValue::array().push("2025-12-01"));
//   std::string text = write_json(report, 2);   // {"rows": 12, "gaps": ["2025-12-01"]}, indented
//
// Why not the venue feeds: this builds a tree; hot paths read without one. Why int64 and double are
// two types: a count must come back as the count that was written.
// Invariant: members keep the order in which they were set, so the same values give the same text.
class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonMember>;

  // The constructors stand below JsonMember: clang 14 wants it complete in them.
  JsonValue();  // null
  template <std::same_as<bool> T>
  JsonValue(T value);  // NOLINT(*-explicit-*)
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonValue(T value);  // NOLINT(*-explicit-*)
  // Requires: write_json() checks that the number is finite; absence is null, not NaN.
  JsonValue(double value);            // NOLINT(*-explicit-*)
  JsonValue(const char* value);       // NOLINT(*-explicit-*)
  JsonValue(std::string_view value);  // NOLINT(*-explicit-*)
  JsonValue(std::string value);       // NOLINT(*-explicit-*)
  JsonValue(const JsonValue&);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(const JsonValue&);
  JsonValue& operator=(JsonValue&&) noexcept;
  ~JsonValue();

  static JsonValue array();
  static JsonValue object();

  bool is_null() const { return std::holds_alternative<std::monostate>(state_); }
  std::optional<bool> as_bool() const;
  // Only of a number without point and exponent: 1.0 is no int.
  std::optional<std::int64_t> as_int() const;
  // Of any number; lossy for integers beyond 2^53.
  std::optional<double> as_double() const;
  // Null when the value is of another type.
  const std::string* as_string() const { return std::get_if<std::string>(&state_); }
  const Array* as_array() const { return std::get_if<Array>(&state_); }
  const Object* as_object() const { return std::get_if<Object>(&state_); }
  // The member of that name; null when there is none or this is not an object.
  const JsonValue* find(std::string_view name) const;

  // Adds or replaces a member. Requires: an object (checked). Cost: O(members).
  JsonValue& set(std::string_view name, JsonValue value);
  // Adds an element. Requires: an array (checked).
  JsonValue& push(JsonValue value);

  friend bool operator==(const JsonValue& a, const JsonValue& b);

 private:
  friend class JsonBuilder;
  using State =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object>;

  template <std::integral T>
  static std::int64_t checked(T value) {
    FAULTLINE_CHECK(std::in_range<std::int64_t>(value));
    return static_cast<std::int64_t>(value);
  }

  State state_;
};

struct JsonMember {
  std::string name;
  JsonValue value;

  friend bool operator==(const JsonMember&, const JsonMember&) = default;
};

inline JsonValue::JsonValue() = default;
inline JsonValue::JsonValue(const JsonValue&) = default;
inline JsonValue::JsonValue(JsonValue&&) noexcept = default;
inline JsonValue& JsonValue::operator=(const JsonValue&) = default;
inline JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;
inline JsonValue::~JsonValue() = default;
template <std::same_as<bool> T>
JsonValue::JsonValue(T value) : state_(value) {}
template <std::integral T>
requires(!std::same_as<T, bool>) JsonValue::JsonValue(T value) : state_(checked(value)) {}
inline JsonValue::JsonValue(double value) : state_(value) {}
inline JsonValue::JsonValue(const char* value) : state_(std::string(value)) {}
inline JsonValue::JsonValue(std::string_view value) : state_(std::string(value)) {}
inline JsonValue::JsonValue(std::string value) : state_(std::move(value)) {}

// The number, or null where there is none.
inline JsonValue or_null(const std::optional<double>& value) {
  return value ? JsonValue(*value) : JsonValue();
}

struct JsonLimits {
  std::size_t bytes_max = std::size_t{256} << 20;
  std::size_t depth_max = 64;
};

// Reads one JSON document. Nothing but white space may follow it.
//
// Errors: kBadJson (not JSON, not UTF-8, or a member named twice), kOutOfRange (an integer beyond
// int64 or a number beyond double), kLimit (too long or too deep); `offset` is the byte near which
// it was seen. Cost: about 100 MB/s.
Result<JsonValue> parse_json(std::string_view text, JsonLimits limits = {});

// The text of a value: `indent` spaces a level, 0 for one line. No newline at the end.
//
// Doubles get the shortest text that reads back as the same double and always hold a point or an
// exponent. Bytes that are not UTF-8 become U+FFFD, so that the output is always JSON.
// Requires: every double is finite (checked).
std::string write_json(const JsonValue& value, std::size_t indent = 0);

}  // namespace faultline
