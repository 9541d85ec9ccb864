#include "text/json_members.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace faultline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The bytes of a text that mean themselves: all ASCII but quote, backslash and control characters.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> out{};
  for (std::size_t i = 0x20; i < 0x80; ++i) out[i] = i != '"' && i != '\\';
  return out;
}();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

std::optional<std::uint32_t> hex_of(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits) {
    const char low = static_cast<char>(c | 0x20);
    if (!is_digit(c) && (low < 'a' || low > 'f')) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
  }
  return value;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

}  // namespace

void JsonMembers::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool JsonMembers::take(char c) {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonMembers::take_word(std::string_view word) {
  if (text_.compare(at_, word.size(), word) != 0) return false;
  at_ += word.size();
  return true;
}

bool JsonMembers::take_digits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > begin;
}

bool JsonMembers::take_number() {
  const auto next_is = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (next_is('-')) ++at_;
  if (next_is('0')) {
    ++at_;
  } else if (!take_digits()) {
    return false;
  }
  if (next_is('.')) {
    ++at_;
    if (!take_digits()) return false;
  }
  if (next_is('e') || next_is('E')) {
    ++at_;
    if (next_is('+') || next_is('-')) ++at_;
    if (!take_digits()) return false;
  }
  return true;
}

// The code point behind "\u", of which those beyond 16 bits come as two.
bool JsonMembers::take_unicode(std::string* out) {
  const auto first = at_ + 4 <= text_.size() ? hex_of(text_.substr(at_, 4)) : std::nullopt;
  if (!first || (*first >= 0xdc00 && *first < 0xe000)) return false;
  at_ += 4;
  std::uint32_t code = *first;
  if (code >= 0xd800 && code < 0xdc00) {
    if (!take_word("\\u") || at_ + 4 > text_.size()) return false;
    const auto second = hex_of(text_.substr(at_, 4));
    if (!second || *second < 0xdc00 || *second >= 0xe000) return false;
    at_ += 4;
    code = 0x10000 + ((code - 0xd800) << 10) + (*second - 0xdc00);
  }
  if (out != nullptr) append_utf8(code, *out);
  return true;
}

// What follows a backslash.
bool JsonMembers::take_escape(std::string* out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ >= text_.size()) return false;
  const char c = text_[at_++];
  if (c == 'u') return take_unicode(out);
  const std::size_t known = kNames.find(c);
  if (known == std::string_view::npos) return false;
  if (out != nullptr) *out += kMeanings[known];
  return true;
}

// One code point of more than one byte: no longer than needed, no surrogate, none beyond the last.
bool JsonMembers::take_utf8() {
  const auto byte = [this](std::size_t i) -> std::uint32_t {
    return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0U;
  };
  const std::uint32_t lead = byte(0);
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return false;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return false;
  }
  const std::uint32_t second = byte(1);
  if (lead == 0xe0 && second < 0xa0) return false;
  if (lead == 0xed && second >= 0xa0) return false;
  if (lead == 0xf0 && second < 0x90) return false;
  if (lead == 0xf4 && second >= 0x90) return false;
  at_ += size;
  return true;
}

// A text from behind its first quote on. Without `out` it is only checked.
bool JsonMembers::take_text(std::string_view* out) {
  std::size_t begin = at_;
  std::string* into = nullptr;
  const std::size_t unescaped = unescaped_.size();
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is_plain(c)) {
      ++at_;
    } else if (c == '"') {
      if (into != nullptr) into->append(text_, begin, at_ - begin);
      if (out != nullptr) {
        *out = into != nullptr ? std::string_view(unescaped_).substr(unescaped)
                               : text_.substr(begin, at_ - begin);
      }
      ++at_;
      return true;
    } else if (c == '\\') {
      if (out != nullptr) {
        // All texts together never need more than they take with their escapes.
        if (unescaped_.empty()) unescaped_.reserve(text_.size());
        into = &unescaped_;
        into->append(text_, begin, at_ - begin);
      }
      ++at_;
      if (!take_escape(into)) return false;
      begin = at_;
    } else if (!take_utf8()) {
      return false;
    }
  }
  return false;
}

// A value that holds no other: it is only checked.
bool JsonMembers::take_plain_value() {
  if (at_ >= text_.size()) return false;
  switch (text_[at_]) {
    case '"':
      ++at_;
      return take_text(nullptr);
    case 't':
      return take_word("true");
    case 'f':
      return take_word("false");
    case 'n':
      return take_word("null");
    default:
      return take_number();
  }
}

bool JsonMembers::take_name(std::string_view* out) {
  return take('"') && take_text(out) && take(':');
}

// A value from its first byte to its last. Why no recursion: how deep it goes is the file's choice.
bool JsonMembers::take_value() {
  open_.clear();
  for (;;) {
    skip_space();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '[' || c == '{') {
      if (open_.size() + 1 == kJsonMembersDepthMax) {
        code_ = Errc::kLimit;
        return false;
      }
      ++at_;
      if (!take(c == '[' ? ']' : '}')) {
        open_ += c;
        if (c == '{' && !take_name(nullptr)) return false;
        continue;
      }
    } else if (!take_plain_value()) {
      return false;
    }
    // A value is over, and with it all that end right behind it.
    while (!open_.empty() && take(open_.back() == '{' ? '}' : ']')) open_.pop_back();
    if (open_.empty()) return true;
    if (!take(',') || (open_.back() == '{' && !take_name(nullptr))) return false;
  }
}

bool JsonMembers::take_member() {
  JsonMemberText member;
  if (!take_name(&member.name)) return false;
  skip_space();
  const std::size_t begin = at_;
  if (take('"')) {
    std::string_view value;
    if (!take_text(&value)) return false;
    member.value = value;
  } else {
    if (!take_value()) return false;
    const std::string_view value = text_.substr(begin, at_ - begin);
    if (value != "null") member.value = value;
  }
  members_.push_back(member);
  return true;
}

bool JsonMembers::has_duplicates() {
  names_.clear();
  for (const JsonMemberText& member : members_) names_.push_back(member.name);
  std::ranges::sort(names_);
  return std::ranges::adjacent_find(names_) != names_.end();
}

Result<void> JsonMembers::read(std::string_view text) {
  text_ = text;
  at_ = 0;
  code_ = Errc::kBadJson;
  members_.clear();
  unescaped_.clear();
  if (!take('{')) return Error{code_, at_};
  if (!take('}')) {
    do {
      if (members_.size() == kJsonMembersMax) return Error{Errc::kLimit, at_};
      if (!take_member()) return Error{code_, at_};
    } while (take(','));
    if (!take('}')) return Error{code_, at_};
  }
  skip_space();
  if (at_ < text_.size()) return Error{code_, at_};
  if (has_duplicates()) return Error{Errc::kDuplicate, at_};
  return {};
}

}  // namespace faultline
