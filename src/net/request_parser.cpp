#include "net/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <optional>

#include "base/check.hpp"

namespace faultline {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view_of(BeastView text) { return {text.data(), text.size()}; }

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_host(std::string_view text) {
  return text.size() <= 255 && text.find_first_of("/\\@?#,") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// Receives the pieces of one request and refuses what must not pass.
class Pieces final : public http::basic_parser<true> {
 public:
  Pieces(const ServerConfig& config, HttpRequest& request) : config_(config), request_(request) {
    header_limit(static_cast<std::uint32_t>(config.head_bytes_max));
    body_limit(config.body_bytes_max);
  }

  bool has_request_line() const { return has_request_line_; }
  bool expects_continue() const { return expects_continue_; }
  const std::optional<Refusal>& refusal() const { return refusal_; }

  // The rules about several headers together. Sets refusal().
  void judge_head() {
    const bool has_two_lengths = length_count_ + encoding_count_ > 1;
    const bool lacks_host = host_count_ == 0 && request_.is_http_1_1();
    const bool has_old_chunks = encoding_count_ > 0 && !request_.is_http_1_1();
    if (has_two_lengths || lacks_host || host_count_ > 1 || has_old_chunks) {
      refusal_ = Refusal::kMalformed;
    } else if (request_.method() == HttpMethod::kOther) {
      refusal_ = Refusal::kMethodUnknown;
    } else if (expects_other_) {
      refusal_ = Refusal::kExpectationUnknown;
    }
  }

 private:
  void refuse(Refusal refusal, error_code& code) {
    refusal_ = refusal;
    code = http::error::bad_field;
  }

  void on_request_impl(http::verb /*verb*/, BeastView method, BeastView target, int version,
                       error_code& code) override {
    has_request_line_ = true;
    if (target.size() > config_.url_bytes_max) return refuse(Refusal::kUrlTooLong, code);
    request_.set_method(http_method_of(view_of(method)));
    request_.set_http_1_1(version == 11);
    if (request_.method() == HttpMethod::kOther) return;  // CONNECT names no path
    if (!request_.set_target(view_of(target))) refuse(Refusal::kMalformed, code);
  }

  void on_response_impl(int /*status*/, BeastView /*reason*/, int /*version*/,
                        error_code& /*code*/) override {
    FAULTLINE_CHECK(false);
  }

  void on_field_impl(http::field field, BeastView name, BeastView value,
                     error_code& code) override {
    if (++field_count_ > config_.header_count_max) return refuse(Refusal::kHeadTooLarge, code);
    if (is_header_done()) return;  // a trailer: read and dropped
    const std::string_view text = view_of(value);
    request_.add_header(view_of(name), text);
    switch (field) {
      case http::field::content_length:
        ++length_count_;
        if (!is_number(text)) refuse(Refusal::kMalformed, code);
        break;
      case http::field::transfer_encoding:
        ++encoding_count_;
        if (!equals_ignoring_case(text, "chunked")) refuse(Refusal::kMalformed, code);
        break;
      case http::field::host:
        ++host_count_;
        if (!is_host(text)) refuse(Refusal::kMalformed, code);
        break;
      case http::field::expect:
        if (equals_ignoring_case(text, "100-continue")) {
          expects_continue_ = request_.is_http_1_1();
        } else {
          expects_other_ = true;
        }
        break;
      default: break;
    }
  }

  void on_header_impl(error_code& /*code*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         error_code& /*code*/) override {}

  std::size_t on_body_impl(BeastView body, error_code& /*code*/) override {
    request_.append_body(view_of(body));
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t /*size*/, BeastView /*extensions*/,
                            error_code& /*code*/) override {}

  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, BeastView body,
                                 error_code& /*code*/) override {
    request_.append_body(view_of(body));
    return body.size();
  }

  void on_finish_impl(error_code& /*code*/) override {}

  const ServerConfig& config_;
  HttpRequest& request_;
  std::optional<Refusal> refusal_;
  std::size_t field_count_ = 0;
  int length_count_ = 0;
  int encoding_count_ = 0;
  int host_count_ = 0;
  bool has_request_line_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
};

// Empty lines before a request that are let pass, as RFC 9112 (2.2) asks for.
constexpr int kEmptyLinesMax = 2;

}  // namespace

class RequestParser::Impl {
 public:
  Impl(const ServerConfig& config, HttpRequest& request) : config_(config), request_(request) {}

  void begin() {
    request_.clear();
    pieces_.emplace(config_, request_);
    is_head_told_ = false;
    has_begun_ = false;
    empty_lines_ = 0;
    head_bytes_ = 0;
    refusal_.reset();
  }

  Step feed(std::string_view bytes) {
    FAULTLINE_CHECK(pieces_.has_value() && !refusal_.has_value());
    std::size_t consumed = 0;
    while (!has_begun_ && empty_lines_ < kEmptyLinesMax &&
           bytes.substr(consumed).starts_with("\r\n")) {
      consumed += 2;
      ++empty_lines_;
    }
    for (;;) {
      if (pieces_->is_done() && is_head_told_) return {Progress::kDone, consumed};
      const std::string_view rest = bytes.substr(consumed);
      if (rest.empty() || (!has_begun_ && rest == "\r")) return {Progress::kNeedMore, consumed};
      has_begun_ = true;
      error_code code;
      const std::size_t step = pieces_->put(boost::asio::buffer(rest.data(), rest.size()), code);
      consumed += step;
      if (!is_head_told_) head_bytes_ += step;
      if (code && code != http::error::need_more) return refuse(reason_of(code, rest), consumed);
      if (!is_head_told_ && head_bytes_ > config_.head_bytes_max) {
        return refuse(Refusal::kHeadTooLarge, consumed);
      }
      if (!is_head_told_ && pieces_->is_header_done()) return finish_head(consumed);
      if (code) return {Progress::kNeedMore, consumed};
    }
  }

  Refusal refusal() const {
    FAULTLINE_CHECK(refusal_.has_value());
    return *refusal_;
  }
  const Pieces& pieces() const {
    FAULTLINE_CHECK(pieces_.has_value());
    return *pieces_;
  }
  const HttpRequest& request() const { return request_; }
  bool has_begun() const { return has_begun_ || empty_lines_ > 0; }

 private:
  Step refuse(Refusal refusal, std::size_t consumed) {
    refusal_ = refusal;
    return {Progress::kRefused, consumed};
  }

  Step finish_head(std::size_t consumed) {
    is_head_told_ = true;
    pieces_->judge_head();
    if (pieces_->refusal()) return refuse(*pieces_->refusal(), consumed);
    return {Progress::kHeadDone, consumed};
  }

  Refusal reason_of(const error_code& code, std::string_view rest) const {
    if (pieces_->refusal()) return *pieces_->refusal();
    if (code == http::error::body_limit) return Refusal::kBodyTooLarge;
    if (code != http::error::header_limit) return Refusal::kMalformed;
    const bool has_line = pieces_->has_request_line() || rest.find('\n') != std::string_view::npos;
    return has_line ? Refusal::kHeadTooLarge : Refusal::kUrlTooLong;
  }

  const ServerConfig& config_;
  HttpRequest& request_;
  std::optional<Pieces> pieces_;
  std::optional<Refusal> refusal_;
  std::size_t head_bytes_ = 0;
  int empty_lines_ = 0;
  bool has_begun_ = false;
  bool is_head_told_ = false;
};

RequestParser::RequestParser(const ServerConfig& config, HttpRequest& request)
    : impl_(std::make_unique<Impl>(config, request)) {
  impl_->begin();
}

RequestParser::~RequestParser() = default;

void RequestParser::begin() { impl_->begin(); }

RequestParser::Step RequestParser::feed(std::string_view bytes) { return impl_->feed(bytes); }

bool RequestParser::has_begun() const { return impl_->has_begun(); }

Refusal RequestParser::refusal() const { return impl_->refusal(); }

bool RequestParser::has_body() const {
  const auto length = impl_->pieces().content_length();
  return impl_->pieces().chunked() || (length && *length > 0);
}

bool RequestParser::expects_continue() const { return impl_->pieces().expects_continue(); }

bool RequestParser::keeps_alive() const { return impl_->pieces().keep_alive(); }

bool RequestParser::asks_for_web_socket() const {
  if (!impl_->pieces().upgrade()) return false;
  const auto upgrade = impl_->request().header("Upgrade");
  return upgrade && lists_word(*upgrade, "websocket");
}

bool is_web_socket_handshake(const HttpRequest& request) {
  const auto key = request.header("Sec-WebSocket-Key");
  const auto version = request.header("Sec-WebSocket-Version");
  return request.method() == HttpMethod::kGet && request.is_http_1_1() && request.body().empty() &&
         key && key->size() == 24 && version && *version == "13";
}

}  // namespace faultline
