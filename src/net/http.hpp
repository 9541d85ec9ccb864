#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/url.hpp"

namespace faultline {

enum class HttpMethod : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kPatch,
  kDelete,
  kOptions,
  kOther,  // never reaches a handler: answered with 405
};

// "GET"; "" for kOther.
std::string_view name_of(HttpMethod method);
HttpMethod http_method_of(std::string_view name);

// "Not Found" for 404; "" for a status without a usual reason.
std::string_view reason_of_status(int status);

// Equal but for the case of ASCII letters, as names of headers are compared.
bool equals_ignoring_case(std::string_view left, std::string_view right);

// Whether a name of a header, a method or a subprotocol may hold it (RFC 9110, section 5.6.2).
bool is_token_char(char c);

// Whether `list`, a header's comma-separated value, holds `word`, whatever its case.
bool lists_word(std::string_view list, std::string_view word);

// A number that names one request in logs, in the answer's X-Request-Id and in what a user quotes.
enum class RequestId : std::uint64_t {};

// Sixteen hexadecimal digits.
std::string text_of(RequestId id);
void append_text(RequestId id, std::string& out);

// One request, whole: its body has arrived.
//
// Why offsets and not views inside: all text of the head stands in one string that is used again
// for the connection's next request, and a copy of a request is a copy like any other.
// Invariant: the path keeps the promises of UrlTarget. Thread safety: none; a handler that works on
// another thread takes a copy along. Cost: nothing is allocated for a small GET once the memory of
// an earlier request is there.
class HttpRequest {
 public:
  HttpMethod method() const { return method_; }
  // As it came, escapes and secrets included: never to be logged.
  std::string_view target() const { return target_; }
  const std::string& path() const { return url_.path; }
  std::span<const QueryParameter> query() const { return url_.query; }
  // The first parameter of that name, which is told from upper case.
  std::optional<std::string_view> query_value(std::string_view name) const;

  // The first header of that name, whatever its case, without spaces around it.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t header_count() const { return headers_.size(); }
  std::string_view header_name(std::size_t index) const;
  std::string_view header_value(std::size_t index) const;

  const std::string& body() const { return body_; }
  // The other end's IP address as text, without a port. Behind a proxy it is the proxy's.
  const std::string& peer() const { return peer_; }
  RequestId id() const { return id_; }
  bool is_http_1_1() const { return is_http_1_1_; }

  // What the server and tests of handlers build a request with.
  void clear();
  void set_method(HttpMethod method) { method_ = method; }
  // Errors: those of parse_target().
  Result<void> set_target(std::string_view target);
  void add_header(std::string_view name, std::string_view value);
  void append_body(std::string_view bytes) { body_ += bytes; }
  void set_peer(std::string_view peer) { peer_ = peer; }
  void set_id(RequestId id) { id_ = id; }
  void set_http_1_1(bool is_http_1_1) { is_http_1_1_ = is_http_1_1; }
  // Gives back the memory of an unusually large request.
  void shrink();

 private:
  // Where a header stands in head_: the value follows the name.
  struct Field {
    std::uint32_t begin;
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
  };

  HttpMethod method_ = HttpMethod::kGet;
  bool is_http_1_1_ = true;
  RequestId id_ = {};
  std::string target_;
  UrlTarget url_;
  std::string head_;
  std::vector<Field> headers_;
  std::string body_;
  std::string peer_;
};

struct HttpHeader {
  std::string name;
  std::string value;

  friend bool operator==(const HttpHeader&, const HttpHeader&) = default;
};

// What a handler found out about who asked: told to ServerHandlers::on_access, never sent.
struct AccessNote {
  std::string user = {};          // empty where it is not known
  std::string_view outcome = {};  // a text that is always there; empty where nothing was looked at
};

// What a handler answers. The server adds Content-Length, Date, Connection, X-Request-Id and its
// configured headers; an answer that sets one of the first four itself is not sendable.
//
// The body is shared, so that one in a cache is sent without a copy; it may be null. For HEAD, 204
// and 304 it is not sent; HEAD tells its length.
struct HttpResponse {
  int status = 200;
  std::string content_type = {};  // none is told where it is empty
  std::vector<HttpHeader> headers = {};
  std::shared_ptr<const std::string> body = {};
  AccessNote access_note = {};

  // The usual answer with a body of its own.
  static HttpResponse of(int status, std::string_view content_type, std::string body);
};

// Whether the head can be written: a status of 200..599, names that are tokens, values without
// control characters, and none of the headers that the server writes.
bool is_sendable(const HttpResponse& response);

// A response whose head is written once and sent many times, from any thread.
//
//   const auto page = PreparedResponse::of(HttpResponse::of(200, "text/html", text));
//   responder.send(page);
//
// Requires: is_sendable(response).
// Thread safety: immutable. Cost: sending it copies the head (some 100 bytes) and never the body.
class PreparedResponse {
 public:
  static std::shared_ptr<const PreparedResponse> of(HttpResponse response);

  int status() const { return status_; }
  std::string_view head() const { return head_; }
  const std::shared_ptr<const std::string>& body() const { return body_; }
  const AccessNote& access_note() const { return access_note_; }

 private:
  int status_ = 200;
  std::string head_;
  std::shared_ptr<const std::string> body_;
  AccessNote access_note_;
};

// Appends status line, Content-Type, Content-Length and the response's own headers, without the
// empty line that ends a head. Requires: is_sendable(response).
void append_head(const HttpResponse& response, std::string& out);

// Whether a response of that status has no body, and then no Content-Length either.
inline bool never_has_body(int status) { return status < 200 || status == 204 || status == 304; }

// "Sun, 06 Nov 1994 08:49:37 GMT", as the Date header and Last-Modified are written. Requires: a
// time from 1970 to 9999.
std::string http_date(std::int64_t unix_seconds);

}  // namespace faultline
