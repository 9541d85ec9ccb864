#include "net/url.hpp"

#include <array>
#include <cstdint>

namespace faultline {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// One step of UTF-8: the number of bytes of the character at `at`, or 0 where there is none.
//
// Source: the table of well-formed sequences in The Unicode Standard, section 3.9, table 3-7.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [text](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto follows = [&byte](std::size_t index, unsigned low, unsigned high) {
    return byte(index) >= low && byte(index) <= high;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return follows(at + 1, 0x80, 0xbf) ? 2 : 0;
  const bool has_third = follows(at + 2, 0x80, 0xbf);
  if (first < 0xf0) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return has_third && follows(at + 1, low, high) ? 3 : 0;
  }
  const unsigned low = first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
  return has_third && follows(at + 1, low, high) && follows(at + 3, 0x80, 0xbf) ? 4 : 0;
}

// Appends one segment of a path, decoded and checked. Empty and "." ones are left out.
Result<void> append_segment(std::string_view segment, std::size_t offset, std::string& path) {
  const std::size_t before = path.size();
  const Result<void> decoded = append_decoded(segment, Plus::kIsPlus, path);
  if (!decoded) return Error{decoded.error().code, offset + decoded.error().offset};
  const std::string_view plain = std::string_view(path).substr(before);
  if (plain == ".") {
    path.resize(before);
    return {};
  }
  if (plain == ".." || plain.find_first_of("/\\") != kNone) {
    return Error{Errc::kOutOfRange, offset};
  }
  for (const char c : plain) {
    if (is_control(c)) return Error{Errc::kBinaryData, offset};
  }
  if (!is_utf8(plain)) return Error{Errc::kBadFormat, offset};
  return {};
}

Result<void> parse_path(std::string_view text, std::size_t offset, std::string& path) {
  path.assign(1, '/');
  std::size_t begin = 1;
  while (begin < text.size()) {
    const std::size_t slash = text.find('/', begin);
    const std::size_t end = slash == kNone ? text.size() : slash;
    const std::size_t before = path.size();
    const Result<void> segment =
        append_segment(text.substr(begin, end - begin), offset + begin, path);
    if (!segment) return segment.error();
    if (slash != kNone && path.size() > before) path += '/';
    begin = end + 1;
  }
  return {};
}

Result<void> decode_word(std::string_view text, std::size_t offset, std::string& out) {
  const Result<void> decoded = append_decoded(text, Plus::kIsSpace, out);
  if (!decoded) return Error{decoded.error().code, offset + decoded.error().offset};
  if (out.find('\0') != kNone) return Error{Errc::kBinaryData, offset};
  if (!is_utf8(out)) return Error{Errc::kBadFormat, offset};
  return {};
}

Result<void> parse_query(std::string_view text, std::size_t offset,
                         std::vector<QueryParameter>& query) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t ampersand = text.find('&', begin);
    const std::size_t end = ampersand == kNone ? text.size() : ampersand;
    const std::string_view piece = text.substr(begin, end - begin);
    if (!piece.empty()) {
      if (query.size() == kQueryParametersMax) return Error{Errc::kLimit, offset + begin};
      QueryParameter& parameter = query.emplace_back();
      const std::size_t equals = piece.find('=');
      const Result<void> name =
          decode_word(piece.substr(0, equals), offset + begin, parameter.name);
      if (!name) return name.error();
      if (equals != kNone) {
        const Result<void> value =
            decode_word(piece.substr(equals + 1), offset + begin + equals + 1, parameter.value);
        if (!value) return value.error();
      }
    }
    begin = end + 1;
  }
  return {};
}

// Where the path of an absolute-form begins, or npos when `target` is none.
std::size_t path_of_absolute(std::string_view target) {
  std::size_t authority = 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.starts_with(scheme)) authority = scheme.size();
  }
  if (authority == 0) return kNone;
  const std::size_t end = target.find_first_of("/?", authority);
  return end == authority ? kNone : end == kNone ? target.size() : end;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

Result<void> append_decoded(std::string_view text, Plus plus, std::string& out) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '+' && plus == Plus::kIsSpace) {
      out += ' ';
    } else if (c != '%') {
      out += c;
    } else {
      const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
      if (high < 0 || low < 0) return Error{Errc::kBadFormat, at};
      out += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return {};
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

Result<void> parse_target(std::string_view target, Asterisk asterisk, UrlTarget& out) {
  out.query.clear();
  if (target.empty()) return Error{Errc::kEmpty};
  if (target == "*" && asterisk == Asterisk::kTake) {
    out.path = "*";
    return {};
  }
  for (std::size_t at = 0; at < target.size(); ++at) {
    const char c = target[at];
    if (c <= ' ' || c > '~' || c == '#') return Error{Errc::kBadFormat, at};
  }
  std::size_t begin = 0;
  if (target.front() != '/') {
    begin = path_of_absolute(target);
    if (begin == kNone) return Error{Errc::kBadFormat};
  }
  const std::size_t question = target.find('?', begin);
  const std::size_t end = question == kNone ? target.size() : question;
  const Result<void> path = parse_path(target.substr(begin, end - begin), begin, out.path);
  if (!path) return path.error();
  if (question == kNone) return {};
  return parse_query(target.substr(question + 1), question + 1, out.query);
}

}  // namespace faultline
