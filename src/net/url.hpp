#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace faultline {

// More parameters than this in one query are refused.
inline constexpr std::size_t kQueryParametersMax = 64;

// One `name=value` of a query, decoded. The value is empty where there is no '='.
struct QueryParameter {
  std::string name;
  std::string value;

  friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

// What a request asks for, decoded: "/v1/map?from=1&to=2" → path "/v1/map", two parameters.
//
// Invariant: the path begins with '/', holds no empty, "." or ".." segment, no control character
// and no backslash, and is valid UTF-8; so it never leaves the folder that it is joined to. Names
// and values are valid UTF-8 without NUL, in the order of the query.
struct UrlTarget {
  std::string path;
  std::vector<QueryParameter> query;

  friend bool operator==(const UrlTarget&, const UrlTarget&) = default;
};

// Reads the target of a request line into `out`, whose memory is used again.
//
//   origin-form    /path?query                 what browsers send
//   absolute-form  http://host:port/path?query what proxies send; the host is left out
//   asterisk       *                           only when `takes_asterisk` (OPTIONS); path is "*"
//
// Empty and "." segments are dropped, so "//a/./b/" is "/a/b/". A ".." segment is refused and not
// resolved: no client of ours sends one. So are an encoded slash or backslash, which would make a
// segment that looks like two; they are Errc::kOutOfRange.
//
// Errors: kEmpty (no target), kBadFormat (a bad escape, bad UTF-8, a raw byte beyond printable
// ASCII, a '#', no leading slash), kBinaryData (an encoded NUL; a control character in the path),
// kOutOfRange (see above), kLimit (too many parameters). `offset` counts from the start of the
// target. `out` is unspecified after an error.
// Thread safety: none needed, it is pure. Cost: one pass, no allocation for a path that fits the
// memory of `out` and has no query.
enum class Asterisk { kRefuse, kTake };
Result<void> parse_target(std::string_view target, Asterisk asterisk, UrlTarget& out);

// Decodes %41 to "A" and, in queries, '+' to a space. Appends to `out`.
//
// Errors: kBadFormat at the first '%' that two hexadecimal digits do not follow.
enum class Plus { kIsPlus, kIsSpace };
Result<void> append_decoded(std::string_view text, Plus plus, std::string& out);

// Whether `text` is UTF-8 without overlong forms, surrogates and code points beyond U+10FFFF.
bool is_utf8(std::string_view text);

// Everything but letters, digits and "-._~" as %XX: what append_decoded() makes `text` of again.
std::string percent_encode(std::string_view text);

}  // namespace faultline
