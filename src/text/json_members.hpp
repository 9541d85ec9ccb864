#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace faultline {

// The members of one JSON object as texts, so that a line of a JSON-lines file becomes fields.
//
//   {"t": 1764547200, "px": "0.10", "bids": [[1, "2"]], "old": null}
//    t   1764547200        a number as it is written
//    px  0.10              a text without its quotes, escapes undone
//    bids [[1, "2"]]       a list or an object as it is written
//    old (absent)          null
//
// Why not parse_json(): that makes doubles of numbers and builds a tree. The whole object is
// checked: JSON of RFC 8259, in UTF-8, at most kJsonMembersDepthMax deep, no member named twice.
// Thread safety: none. Cost: about 400 MB/s.
struct JsonMemberText {
  std::string_view name;
  std::optional<std::string_view> value;
};
inline constexpr std::size_t kJsonMembersDepthMax = 64;
inline constexpr std::size_t kJsonMembersMax = 10'000;

class JsonMembers {
 public:
  // The members in the order of the text; they hold until the next call and as long as `text`.
  //
  // Errors: kBadJson (not an object, or not JSON), kDuplicate (a name twice), kLimit (too deep or
  // too many); `offset` is the byte where it was seen.
  Result<void> read(std::string_view text);

  const std::vector<JsonMemberText>& members() const { return members_; }

 private:
  void skip_space();
  bool take(char c);
  bool take_word(std::string_view word);
  bool take_digits();
  bool take_number();
  bool take_escape(std::string* out);
  bool take_unicode(std::string* out);
  bool take_utf8();
  bool take_text(std::string_view* out);
  bool take_name(std::string_view* out);
  bool take_plain_value();
  bool take_value();
  bool take_member();
  bool has_duplicates();

  std::string_view text_;
  std::size_t at_ = 0;
  Errc code_ = Errc::kBadJson;
  std::vector<JsonMemberText> members_;
  std::vector<std::string_view> names_;  // sorted, to find one that is there twice
  std::string unescaped_;                // not moved while views into it are held
  std::string open_;                     // brackets that wait for their partner
};

}  // namespace faultline
