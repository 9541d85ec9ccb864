#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <thread>

#include "serve/api.hpp"
#include "serve/series_source.hpp"
#include "store/files.hpp"

namespace faultline {

// What tests of the service share. Only tests include this.

// A market of some hours that takes a second to simulate, with a fall that liquidates.
inline MarketConfig small_market() {
  MarketConfig out;
  out.seed = 3;
  out.warm_up = Nanos(6 * kHour.value);
  out.length = Nanos(6 * kHour.value);
  out.value.news_count = 2;
  out.value.news_size = 0.05;
  out.holders.count = 400;
  out.holders.leverage_median = 20.0;
  return out;
}

inline std::unique_ptr<SeriesSource> small_series() {
  auto source = simulate_series(
      {.market = small_market(), .column_interval = kMinute, .members = 8, .seed = 1});
  EXPECT_TRUE(source) << describe(source.error());
  return std::move(source).value();
}

// Waits until `is_so` says so, at most ten minutes: where races are looked for everything is twenty
// times as slow.
template <class IsSo>
bool wait_until(const IsSo& is_so) {
  for (int i = 0; i < 60'000; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline HttpRequest request_of(std::string_view target) {
  HttpRequest out;
  EXPECT_TRUE(out.set_target(target)) << target;
  return out;
}

inline HttpRequest post_of(std::string_view target, std::string_view body) {
  HttpRequest out = request_of(target);
  out.set_method(HttpMethod::kPost);
  out.add_header("Content-Type", "application/json");
  out.append_body(body);
  return out;
}

inline JsonValue json_of(const HttpResponse& response) {
  EXPECT_TRUE(response.body);
  const auto json = parse_json(response.body ? *response.body : "null");
  EXPECT_TRUE(json) << *response.body;
  return json ? *json : JsonValue();
}

// A member that must be there; NaN where it is no number.
inline double number(const JsonValue& value, const char* name) {
  const JsonValue* found = value.find(name);
  EXPECT_NE(found, nullptr) << name;
  return found != nullptr ? found->as_double().value_or(NAN) : NAN;
}

inline std::string source_file(const std::string& name) {
  const auto text = read_whole_file(std::string(FAULTLINE_SOURCE_DIR) + "/" + name, 1U << 24U);
  EXPECT_TRUE(text) << name;
  return text ? *text : std::string();
}

// A whole small market behind an API, or what another source gives.
class ServedMarket {
 public:
  ServedMarket() : ServedMarket(small_series()) { run(); }
  // Begins with run(), or with the runner's start(): then it stands still when it has come to
  // `until`.
  explicit ServedMarket(std::unique_ptr<SeriesSource> source, UnixNanos until = kAllTime.to)
      : id_(to_text(source->identity().instrument)),
        runner_(std::move(source), {.speed = 0.0, .at_once_until = until}) {
    std::vector<LabScenario> scenarios{
        {{.name = "small", .about = "of a test", .market = small_market()}, {2, 5}}};
    lab_ = std::make_unique<LabRuns>(std::move(scenarios));
    openapi_ = source_file("docs/formats/openapi.json");
    api_ =
        std::make_unique<Api>(ApiConfig{.mode = ServeMode::kDemo,
                                        .version = "test",
                                        .series = {{.id = id_, .digest = "d1", .runner = &runner_}},
                                        .lab = lab_.get(),
                                        .studies = {{"one", "A study", "{\"a\": 1}"}},
                                        .openapi = openapi_});
  }

  void run() {
    runner_.start();
    EXPECT_TRUE(wait_until([&] { return runner_.state().is_over; }));
  }
  const Api& api() const { return *api_; }
  SeriesRunner& runner() { return runner_; }
  LabRuns& lab() { return *lab_; }
  const std::string& openapi() const { return openapi_; }

  // The body of a path that is answered with 200; `{}` in it stands for the instrument.
  JsonValue get(std::string target) const {
    if (const auto at = target.find("{}"); at != std::string::npos) target.replace(at, 2, id_);
    const HttpResponse response = api_->answer(request_of(target));
    EXPECT_EQ(response.status, 200) << target << " " << (response.body ? *response.body : "");
    return json_of(response);
  }

 private:
  std::string id_;
  SeriesRunner runner_;
  std::unique_ptr<LabRuns> lab_;
  std::string openapi_;
  std::unique_ptr<Api> api_;
};

// Simulated once for all tests of a program.
inline ServedMarket& served_market() {
  static ServedMarket market;
  return market;
}

}  // namespace faultline
