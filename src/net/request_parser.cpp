#include "net/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <optional>

#include "base/check.hpp"
#include "net/chunk_decoder.hpp"

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

// Receives the pieces of one head and refuses what must not pass.
class Pieces final : public http::basic_parser<true> {
 public:
  Pieces(const ServerConfig& config, HttpRequest& request) : config_(config), request_(request) {
    header_limit(static_cast<std::uint32_t>(config.head_bytes_max));
    body_limit(config.body_bytes_max);
  }

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
      default:
        break;
    }
  }

  void on_header_impl(error_code& /*code*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         error_code& /*code*/) override {}

  // Beast is given heads only.
  std::size_t on_body_impl(BeastView /*body*/, error_code& /*code*/) override { return 0; }
  void on_chunk_header_impl(std::uint64_t /*size*/, BeastView /*extensions*/,
                            error_code& /*code*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, BeastView /*body*/,
                                 error_code& /*code*/) override {
    return 0;
  }
  void on_finish_impl(error_code& /*code*/) override {}

  const ServerConfig& config_;
  HttpRequest& request_;
  std::optional<Refusal> refusal_;
  std::size_t field_count_ = 0;
  int length_count_ = 0;
  int encoding_count_ = 0;
  int host_count_ = 0;
  bool expects_continue_ = false;
  bool expects_other_ = false;
};

// Empty lines before a request that are let pass, as RFC 9112 (2.2) asks for.
constexpr int kEmptyLinesMax = 2;
// Method, version and spaces of a request line: what it may have beyond its target.
constexpr std::size_t kLineRestBytesMax = 32;

// Finds the end of a head, and refuses on the way there what cannot become one.
//
// Why not Beast's own search: what that reports depends on where the pieces of the head end. After
// an incomplete piece it looks at nothing until the empty line has come, so a head with bare line
// feeds, or a TLS handshake, would be waited for.
// Invariant: what it tells depends on the bytes alone. Cost: each byte is looked at once.
class HeadScanner {
 public:
  enum class Found { kNothing, kHead, kRefusal };

  explicit HeadScanner(const ServerConfig& config)
      : head_bytes_max_(config.head_bytes_max),
        url_bytes_max_(config.url_bytes_max),
        line_bytes_max_(std::min(url_bytes_max_ + kLineRestBytesMax, head_bytes_max_)),
        header_count_max_(config.header_count_max) {}

  // `bytes` begins with the head, and holds all that was seen before.
  Found scan(std::string_view bytes) {
    if (line_begin_ == 0) {
      const Found found = scan_request_line(bytes);
      if (line_begin_ == 0) return found;
    }
    for (;;) {
      if (line_begin_ < bytes.size() && is_space(bytes[line_begin_])) {
        return refuse(Refusal::kMalformed);  // a folded line: others may read two headers
      }
      const std::size_t feed = bytes.find('\n', seen_);
      const std::size_t end = feed == std::string_view::npos ? bytes.size() : feed + 1;
      if (end > head_bytes_max_) return refuse(Refusal::kHeadTooLarge);
      seen_ = end;
      if (feed == std::string_view::npos) return Found::kNothing;
      if (bytes[feed - 1] != '\r') return refuse(Refusal::kMalformed);
      if (feed == line_begin_ + 1) return Found::kHead;
      if (++header_count_ > header_count_max_) return refuse(Refusal::kHeadTooLarge);
      line_begin_ = end;
    }
  }

  // Of the head with its empty line, once it was found.
  std::size_t head_bytes() const { return seen_; }
  Refusal refusal() const { return refusal_; }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t'; }

  Found refuse(Refusal refusal) {
    refusal_ = refusal;
    return Found::kRefusal;
  }

  // Every byte of it must be printable, so that noise is told from a slow client at once.
  Found scan_request_line(std::string_view bytes) {
    for (; seen_ < bytes.size(); ++seen_) {
      const char c = bytes[seen_];
      const bool is_after_return = seen_ > 0 && bytes[seen_ - 1] == '\r';
      if (is_after_return && c == '\n') return end_request_line(bytes.substr(0, seen_ + 1));
      if (is_after_return || (c != '\r' && (c < ' ' || c > '~'))) {
        return refuse(Refusal::kMalformed);
      }
      if (seen_ >= line_bytes_max_) {
        const bool has_method = bytes.substr(0, kLineRestBytesMax).find(' ') < bytes.size();
        return refuse(has_method ? Refusal::kUrlTooLong : Refusal::kMalformed);
      }
    }
    return Found::kNothing;
  }

  Found end_request_line(std::string_view line) {
    const std::size_t begin = line.find(' ');
    const std::size_t end = line.rfind(' ');
    if (begin == end) return refuse(Refusal::kMalformed);  // fewer than two spaces
    if (end - begin - 1 > url_bytes_max_) return refuse(Refusal::kUrlTooLong);
    seen_ = line_begin_ = line.size();
    return Found::kNothing;
  }

  std::size_t head_bytes_max_;
  std::size_t url_bytes_max_;
  std::size_t line_bytes_max_;
  std::size_t header_count_max_;
  std::size_t seen_ = 0;
  std::size_t line_begin_ = 0;  // of the line that is being read; 0 in the request line
  std::size_t header_count_ = 0;
  Refusal refusal_ = Refusal::kMalformed;
};

}  // namespace

class RequestParser::Impl {
 public:
  Impl(const ServerConfig& config, HttpRequest& request)
      : config_(config), request_(request), scanner_(config), chunks_(config) {}

  void begin() {
    request_.clear();
    scanner_ = HeadScanner(config_);
    chunks_ = ChunkDecoder(config_);
    body_left_ = 0;
    pieces_.emplace(config_, request_);
    is_head_told_ = false;
    has_begun_ = false;
    empty_lines_ = 0;
    refusal_.reset();
  }

  Step feed(std::string_view bytes) {
    FAULTLINE_CHECK(pieces_.has_value() && !refusal_.has_value());
    if (!is_head_told_) return feed_head(bytes);
    if (pieces_->chunked()) return feed_chunks(bytes);
    const std::string_view piece = bytes.substr(0, body_left_);
    request_.append_body(piece);
    body_left_ -= piece.size();
    return {body_left_ == 0 ? Progress::kDone : Progress::kNeedMore, piece.size()};
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

  // Nothing of a head is consumed before all of it is there.
  Step feed_head(std::string_view bytes) {
    std::size_t skipped = 0;
    while (!has_begun_ && empty_lines_ < kEmptyLinesMax &&
           bytes.substr(skipped).starts_with("\r\n")) {
      skipped += 2;
      ++empty_lines_;
    }
    const std::string_view rest = bytes.substr(skipped);
    const bool may_be_empty_line = !has_begun_ && empty_lines_ < kEmptyLinesMax && rest == "\r";
    if (rest.empty() || may_be_empty_line) return {Progress::kNeedMore, skipped};
    has_begun_ = true;
    switch (scanner_.scan(rest)) {
      case HeadScanner::Found::kNothing:
        return {Progress::kNeedMore, skipped};
      case HeadScanner::Found::kRefusal:
        return refuse(scanner_.refusal(), skipped);
      case HeadScanner::Found::kHead:
        break;
    }
    error_code code;
    pieces_->put(boost::asio::buffer(rest.data(), scanner_.head_bytes()), code);
    if (code) return refuse(reason_of(code), skipped);
    FAULTLINE_CHECK(pieces_->is_header_done());
    body_left_ = pieces_->content_length().value_or(0);
    is_head_told_ = true;
    pieces_->judge_head();
    const std::size_t consumed = skipped + scanner_.head_bytes();
    if (pieces_->refusal()) return refuse(*pieces_->refusal(), consumed);
    return {Progress::kHeadDone, consumed};
  }

  Step feed_chunks(std::string_view bytes) {
    const ChunkDecoder::Step step = chunks_.feed(bytes, request_);
    switch (step.progress) {
      case ChunkDecoder::Progress::kNeedMore:
        return {Progress::kNeedMore, step.consumed};
      case ChunkDecoder::Progress::kDone:
        return {Progress::kDone, step.consumed};
      default:
        return refuse(chunks_.refusal(), step.consumed);
    }
  }

  Refusal reason_of(const error_code& code) const {
    if (pieces_->refusal()) return *pieces_->refusal();
    return code == http::error::body_limit ? Refusal::kBodyTooLarge : Refusal::kMalformed;
  }

  const ServerConfig& config_;
  HttpRequest& request_;
  std::optional<Pieces> pieces_;
  HeadScanner scanner_;
  ChunkDecoder chunks_;
  std::uint64_t body_left_ = 0;
  std::optional<Refusal> refusal_;
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
