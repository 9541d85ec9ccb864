#include "net/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"GET",   "HEAD",   "POST",    "PUT",
                                                      "PATCH", "DELETE", "OPTIONS", ""};

// Bodies and heads beyond this give their memory back after the request.
constexpr std::size_t kKeptBytesMax = std::size_t{64} << 10;

struct StatusRow {
  int status;
  std::string_view reason;
};
constexpr std::array kStatuses{
    StatusRow{100, "Continue"},
    StatusRow{101, "Switching Protocols"},
    StatusRow{200, "OK"},
    StatusRow{201, "Created"},
    StatusRow{202, "Accepted"},
    StatusRow{204, "No Content"},
    StatusRow{206, "Partial Content"},
    StatusRow{301, "Moved Permanently"},
    StatusRow{302, "Found"},
    StatusRow{303, "See Other"},
    StatusRow{304, "Not Modified"},
    StatusRow{307, "Temporary Redirect"},
    StatusRow{308, "Permanent Redirect"},
    StatusRow{400, "Bad Request"},
    StatusRow{401, "Unauthorized"},
    StatusRow{403, "Forbidden"},
    StatusRow{404, "Not Found"},
    StatusRow{405, "Method Not Allowed"},
    StatusRow{406, "Not Acceptable"},
    StatusRow{408, "Request Timeout"},
    StatusRow{409, "Conflict"},
    StatusRow{410, "Gone"},
    StatusRow{412, "Precondition Failed"},
    StatusRow{413, "Content Too Large"},
    StatusRow{414, "URI Too Long"},
    StatusRow{415, "Unsupported Media Type"},
    StatusRow{416, "Range Not Satisfiable"},
    StatusRow{417, "Expectation Failed"},
    StatusRow{421, "Misdirected Request"},
    StatusRow{422, "Unprocessable Content"},
    StatusRow{426, "Upgrade Required"},
    StatusRow{429, "Too Many Requests"},
    StatusRow{431, "Request Header Fields Too Large"},
    StatusRow{500, "Internal Server Error"},
    StatusRow{501, "Not Implemented"},
    StatusRow{503, "Service Unavailable"},
    StatusRow{504, "Gateway Timeout"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool is_written_by_server(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "content-length", "transfer-encoding", "connection", "date", "x-request-id", "content-type"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view own) { return equals_ignoring_case(own, name); });
}

void append_number(std::uint64_t number, std::string& out) {
  std::array<char, 20> digits = {};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

void append_two_digits(unsigned number, std::string& out) {
  out += static_cast<char>('0' + number / 10 % 10);
  out += static_cast<char>('0' + number % 10);
}

}  // namespace

std::string_view name_of(HttpMethod method) { return kMethods[static_cast<std::size_t>(method)]; }

HttpMethod http_method_of(std::string_view name) {
  for (std::size_t index = 0; index + 1 < kMethods.size(); ++index) {
    if (kMethods[index] == name) return static_cast<HttpMethod>(index);
  }
  return HttpMethod::kOther;
}

std::string_view reason_of_status(int status) {
  const auto* row = std::find_if(kStatuses.begin(), kStatuses.end(),
                                 [status](const StatusRow& at) { return at.status == status; });
  return row == kStatuses.end() ? std::string_view() : row->reason;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool lists_word(std::string_view list, std::string_view word) {
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string_view piece = list.substr(begin, end - begin);
    while (!piece.empty() && (piece.front() == ' ' || piece.front() == '\t')) {
      piece.remove_prefix(1);
    }
    while (!piece.empty() && (piece.back() == ' ' || piece.back() == '\t')) {
      piece.remove_suffix(1);
    }
    if (equals_ignoring_case(piece, word)) return true;
    begin = end + 1;
  }
  return false;
}

void append_text(RequestId id, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto number = static_cast<std::uint64_t>(id);
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(number >> shift) & 15U];
}

std::string text_of(RequestId id) {
  std::string out;
  append_text(id, out);
  return out;
}

// --- HttpRequest --------------------------------------------------------------------------------

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  for (const QueryParameter& parameter : url_.query) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (std::size_t index = 0; index < headers_.size(); ++index) {
    if (equals_ignoring_case(header_name(index), name)) return header_value(index);
  }
  return std::nullopt;
}

std::string_view HttpRequest::header_name(std::size_t index) const {
  FAULTLINE_CHECK(index < headers_.size());
  return std::string_view(head_).substr(headers_[index].begin, headers_[index].name_bytes);
}

std::string_view HttpRequest::header_value(std::size_t index) const {
  FAULTLINE_CHECK(index < headers_.size());
  const Field& field = headers_[index];
  return std::string_view(head_).substr(field.begin + field.name_bytes, field.value_bytes);
}

void HttpRequest::clear() {
  method_ = HttpMethod::kGet;
  is_http_1_1_ = true;
  id_ = {};
  target_.clear();
  url_.path.clear();
  url_.query.clear();
  head_.clear();
  headers_.clear();
  body_.clear();
}

Result<void> HttpRequest::set_target(std::string_view target) {
  target_ = target;
  const bool takes_asterisk = method_ == HttpMethod::kOptions;
  return parse_target(target, takes_asterisk ? Asterisk::kTake : Asterisk::kRefuse, url_);
}

void HttpRequest::add_header(std::string_view name, std::string_view value) {
  headers_.push_back(Field{static_cast<std::uint32_t>(head_.size()),
                           static_cast<std::uint32_t>(name.size()),
                           static_cast<std::uint32_t>(value.size())});
  head_ += name;
  head_ += value;
}

void HttpRequest::shrink() {
  if (body_.capacity() > kKeptBytesMax) body_ = std::string();
  if (head_.capacity() > kKeptBytesMax) head_ = std::string();
}

// --- Responses ----------------------------------------------------------------------------------

HttpResponse HttpResponse::of(int status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

bool is_sendable(const HttpResponse& response) {
  if (response.status < 200 || response.status > 599) return false;
  if (!is_field_value(response.content_type)) return false;
  return std::all_of(response.headers.begin(), response.headers.end(), [](const HttpHeader& at) {
    return is_token(at.name) && is_field_value(at.value) && !is_written_by_server(at.name);
  });
}

void append_head(const HttpResponse& response, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(static_cast<std::uint64_t>(response.status), out);
  out += ' ';
  out += reason_of_status(response.status);
  out += "\r\n";
  if (!response.content_type.empty()) {
    out += "Content-Type: ";
    out += response.content_type;
    out += "\r\n";
  }
  if (!never_has_body(response.status)) {
    out += "Content-Length: ";
    append_number(response.body == nullptr ? 0 : response.body->size(), out);
    out += "\r\n";
  }
  for (const HttpHeader& header : response.headers) {
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
}

std::shared_ptr<const PreparedResponse> PreparedResponse::of(HttpResponse response) {
  FAULTLINE_CHECK(is_sendable(response));
  auto prepared = std::make_shared<PreparedResponse>();
  prepared->status_ = response.status;
  append_head(response, prepared->head_);
  if (!never_has_body(response.status)) prepared->body_ = std::move(response.body);
  prepared->access_note_ = std::move(response.access_note);
  return prepared;
}

std::string http_date(std::int64_t unix_seconds) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t kDaySeconds = 86'400;
  FAULTLINE_CHECK(unix_seconds >= 0 && unix_seconds < 253'402'300'800);
  const std::chrono::sys_days day(std::chrono::days(unix_seconds / kDaySeconds));
  const auto second = static_cast<unsigned>(unix_seconds % kDaySeconds);
  const std::chrono::year_month_day date(day);
  std::string out(kDays[std::chrono::weekday(day).c_encoding()]);
  out += ", ";
  append_two_digits(static_cast<unsigned>(date.day()), out);
  out += ' ';
  out += kMonths[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  append_number(static_cast<std::uint64_t>(static_cast<int>(date.year())), out);
  out += ' ';
  append_two_digits(second / 3600, out);
  out += ':';
  append_two_digits(second / 60 % 60, out);
  out += ':';
  append_two_digits(second % 60, out);
  out += " GMT";
  return out;
}

}  // namespace faultline
