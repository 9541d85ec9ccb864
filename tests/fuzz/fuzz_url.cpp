// Targets of requests: what is accepted keeps the promises of UrlTarget, and encoded again it is
// the same.
#include <string>

#include "fuzz_input.hpp"
#include "net/url.hpp"

namespace faultline {
namespace {

void check_path(std::string_view path) {
  FAULTLINE_CHECK(path.starts_with('/') && is_utf8(path));
  FAULTLINE_CHECK(path.find("//") == std::string_view::npos);
  FAULTLINE_CHECK(path.find('\\') == std::string_view::npos);
  const std::string closed = std::string(path) + '/';
  FAULTLINE_CHECK(closed.find("/../") == std::string::npos);
  FAULTLINE_CHECK(closed.find("/./") == std::string::npos);
  for (const char c : path) FAULTLINE_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

std::string written(const UrlTarget& target) {
  std::string out;
  for (const char c : target.path) out += c == '/' ? "/" : percent_encode(std::string_view(&c, 1));
  char separator = '?';
  for (const QueryParameter& parameter : target.query) {
    out += separator + percent_encode(parameter.name) + '=' + percent_encode(parameter.value);
    separator = '&';
  }
  return out;
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  UrlTarget target;
  const Result<void> parsed = parse_target(text, Asterisk::kRefuse, target);
  if (!parsed) {
    FAULTLINE_CHECK(parsed.error().offset <= text.size());
  } else {
    check_path(target.path);
    FAULTLINE_CHECK(target.query.size() <= kQueryParametersMax);
    for (const QueryParameter& at : target.query) {
      FAULTLINE_CHECK(is_utf8(at.name) && is_utf8(at.value));
      FAULTLINE_CHECK((at.name + at.value).find('\0') == std::string::npos);
    }
    UrlTarget again;
    FAULTLINE_CHECK(parse_target(written(target), Asterisk::kRefuse, again).has_value());
    FAULTLINE_CHECK(again == target);
  }
  std::string decoded;
  FAULTLINE_CHECK(append_decoded(percent_encode(text), Plus::kIsSpace, decoded).has_value());
  FAULTLINE_CHECK(decoded == text);
}
