// Requests of a connection: read whole, in halves and byte by byte they are the same, and keep to
// the limits.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fuzz_input.hpp"
#include "net/request_parser.hpp"

namespace faultline {
namespace {

struct Reading {
  std::vector<std::string> requests;
  std::optional<Refusal> refusal;

  friend bool operator==(const Reading&, const Reading&) = default;
};

ServerConfig small_limits() {
  ServerConfig config;
  config.head_bytes_max = 512;
  config.url_bytes_max = 64;
  config.header_count_max = 8;
  config.body_bytes_max = 128;
  return config;
}

std::string text_of(const HttpRequest& request, const ServerConfig& config) {
  FAULTLINE_CHECK(request.target().size() <= config.url_bytes_max);
  FAULTLINE_CHECK(request.header_count() <= config.header_count_max);
  FAULTLINE_CHECK(request.body().size() <= config.body_bytes_max);
  std::string out(name_of(request.method()));
  out += ' ' + request.path();
  for (std::size_t index = 0; index < request.header_count(); ++index) {
    out += '\n';
    out += request.header_name(index);
    out += ':';
    out += request.header_value(index);
  }
  return out + '\n' + request.body();
}

Reading read_all(std::string_view bytes, std::size_t piece) {
  static const ServerConfig kConfig = small_limits();
  Reading out;
  HttpRequest request;
  RequestParser parser(kConfig, request);
  std::string held;
  while (!bytes.empty()) {
    held += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      const RequestParser::Step step = parser.feed(held);
      FAULTLINE_CHECK(step.consumed <= held.size());
      held.erase(0, step.consumed);
      if (step.progress == RequestParser::Progress::kNeedMore) break;
      if (step.progress == RequestParser::Progress::kRefused) {
        out.refusal = parser.refusal();
        return out;
      }
      if (step.progress == RequestParser::Progress::kDone) {
        out.requests.push_back(text_of(request, kConfig));
        parser.begin();
      }
    }
  }
  return out;
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const Reading whole = read_all(text, text.size() + 1);
  const Reading halves = read_all(text, text.size() / 2 + 1);
  const Reading bytes = read_all(text, 1);
  FAULTLINE_CHECK(whole == halves);
  FAULTLINE_CHECK(whole == bytes);
}
