#include "serve/metrics.hpp"

#include <array>
#include <charconv>

namespace faultline {
namespace {

class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += "# HELP faultline_";
    out_.append(name).append(" ").append(help).append("\n# TYPE faultline_");
    out_.append(name).append(" ").append(type).append("\n");
  }
  // `ending`: of the name, where a family has several.
  void value(double value, std::string_view labels = {}, std::string_view ending = {}) {
    line(text_of(value), labels, ending);
  }
  void count(std::uint64_t value, std::string_view labels = {}, std::string_view ending = {}) {
    line(std::to_string(value), labels, ending);
  }
  std::string take() { return std::move(out_); }

  static std::string text_of(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
  }

 private:
  void line(std::string_view value, std::string_view labels, std::string_view ending) {
    out_.append("faultline_").append(name_).append(ending);
    if (!labels.empty()) out_.append("{").append(labels).append("}");
    out_.append(" ").append(value).append("\n");
  }

  std::string name_;
  std::string out_;
};

std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char letter : value) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out += '"';
}

void add_server(const ServerCounters& server, MetricsText& text) {
  text.family("http_connections_total", "counter", "Connections taken.");
  text.count(server.connections_accepted);
  text.family("http_connections_open", "gauge", "Connections open, WebSockets included.");
  text.count(server.connections_open);
  text.family("http_silent_connections_total", "counter",
              "Connections closed for they sent nothing.");
  text.count(server.connections_silent);
  text.family("http_accept_errors_total", "counter", "Connections the system could not give.");
  text.count(server.accept_errors);
  text.family("http_requests_total", "counter", "Requests that reached a handler.");
  text.count(server.requests);
  text.family("http_responses_total", "counter", "Responses by class of status.");
  for (std::size_t i = 1; i < server.responses_by_class.size(); ++i)
    text.count(server.responses_by_class[i], label("class", std::to_string(i) + "xx"));
  text.family("http_refused_total", "counter", "Refused by the server itself, by reason.");
  for (std::size_t i = 0; i < kRefusalCount; ++i)
    text.count(server.refused[i], label("reason", name_of(static_cast<Refusal>(i))));
  text.family("http_bytes_total", "counter", "Bytes of TCP, by direction.");
  text.count(server.bytes_in, label("direction", "in"));
  text.count(server.bytes_out, label("direction", "out"));
  text.family("http_write_timeouts_total", "counter", "Answers that the other end did not take.");
  text.count(server.write_timeouts);
  text.family("http_write_overflows_total", "counter",
              "Answers given up, for too much waited for their client or for all.");
  text.count(server.write_overflows);
}

void add_answers(const AnswerCounts::Totals& totals, MetricsText& text) {
  text.family("http_request_seconds", "histogram",
              "From a request's head until its answer was handed to the system.");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < totals.answers.size(); ++i) {
    const auto& bounds = AnswerCounts::kBoundsSeconds;
    sum += totals.answers[i];
    text.count(sum, label("le", i < bounds.size() ? MetricsText::text_of(bounds[i]) : "+Inf"),
               "_bucket");
  }
  text.value(totals.seconds, {}, "_sum");
  text.count(sum, {}, "_count");
  text.family("access_refused_total", "counter", "Requests refused by key, scope or origin.");
  for (std::size_t i = 0; i < kAccessOutcomeCount; ++i) {
    const auto outcome = static_cast<AccessOutcome>(i);
    if (outcome == AccessOutcome::kAllowed) continue;
    text.count(totals.refused[i], label("outcome", name_of(outcome)));
  }
}

void add_streams(const ServiceMetrics& metrics, MetricsText& text) {
  const ServerCounters& server = metrics.server;
  text.family("stream_sessions_open", "gauge", "WebSockets open.");
  text.count(server.web_sockets_open);
  text.family("stream_sessions_total", "counter", "WebSockets accepted.");
  text.count(server.web_sockets_accepted);
  text.family("stream_messages_total", "counter", "Messages of WebSockets, by direction.");
  text.count(server.web_socket_messages_in, label("direction", "in"));
  text.count(server.web_socket_messages_out, label("direction", "out"));
  text.family("stream_sends_refused_total", "counter", "Sends to a session whose queue was full.");
  text.count(server.web_socket_sends_refused);
  text.family("stream_protocol_errors_total", "counter", "Sessions closed for what they sent.");
  text.count(server.web_socket_protocol_errors);
  text.family("stream_subscriptions", "gauge", "Subscriptions of all sessions.");
  text.count(metrics.streams.subscriptions);
  text.family("stream_updates_total", "counter", "Updates published.");
  text.count(metrics.streams.updates);
  text.family("stream_coalesced_total", "counter",
              "Updates that a slow reader got within another.");
  text.count(metrics.streams.coalesced);
}

}  // namespace

void AnswerCounts::add_answer(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  std::size_t bucket = 0;
  while (bucket < kBoundsSeconds.size() && seconds > kBoundsSeconds[bucket]) ++bucket;
  answers_[bucket].fetch_add(1, std::memory_order_relaxed);
  duration_ns_.fetch_add(static_cast<std::uint64_t>(duration.count()), std::memory_order_relaxed);
}

void AnswerCounts::add_refused(AccessOutcome outcome) {
  refused_[static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
}

AnswerCounts::Totals AnswerCounts::totals() const {
  Totals out;
  for (std::size_t i = 0; i < answers_.size(); ++i)
    out.answers[i] = answers_[i].load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < refused_.size(); ++i)
    out.refused[i] = refused_[i].load(std::memory_order_relaxed);
  out.seconds = static_cast<double>(duration_ns_.load(std::memory_order_relaxed)) / 1e9;
  return out;
}

std::string metrics_text(const ServiceMetrics& metrics) {
  MetricsText text;
  add_server(metrics.server, text);
  add_answers(metrics.answers, text);
  add_streams(metrics, text);
  const std::string series = label("instrument", metrics.series_id);
  text.family("columns", "gauge", "Columns of the map.");
  text.count(static_cast<std::uint64_t>(metrics.column_end), series);
  text.family("market_time_seconds", "gauge", "The market's time, since 1970.");
  text.value(1e-9 * static_cast<double>(metrics.series.now.value), series);
  text.family("market_speed", "gauge", "Seconds of the market a second.");
  text.value(metrics.series.speed, series);
  text.family("series_has_problem", "gauge", "1 where the series stopped before its end.");
  text.count(metrics.series.problem ? 1U : 0U, series);
  text.family("history_bytes", "gauge", "Memory of tiles, columns, entries and prints.");
  text.count(metrics.history_bytes, series);
  text.family("model_bytes", "gauge", "Memory of the model: it grows with the prices it has seen.");
  text.count(metrics.model_bytes, series);
  return text.take();
}

}  // namespace faultline
