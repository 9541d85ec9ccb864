#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"
#include "serve/answer.hpp"
#include "serve/lab_runs.hpp"
#include "serve/series_runner.hpp"
#include "text/json.hpp"

namespace faultline {

enum class ServeMode : std::uint8_t { kDemo, kReplay, kStore };
std::string_view name_of(ServeMode mode);

// One series as clients know it.
struct ServedSeries {
  std::string id;      // "simulated:BTCUSDT"
  std::string digest;  // of what it is made of: another one has other tiles
  SeriesRunner* runner = nullptr;
};

// A study's report as it was built into the program.
struct StudyDocument {
  std::string_view name;  // "recovery"
  std::string_view title;
  std::string_view json;
};

// What a start of the service found of an earlier one.
struct ResumeNote {
  UnixNanos from{};  // the last column that the earlier one had told of
  std::int64_t columns = 0;
  double seconds_missed = 0.0;  // of the machine's clock, while nothing ran
  std::string note;
  bool is_different = false;  // what was made again is not what was shown
};

struct ApiConfig {
  ServeMode mode = ServeMode::kDemo;
  std::string version;
  std::vector<ServedSeries> series;  // one or more; they outlive the API
  LabRuns* lab = nullptr;            // outlives the API
  std::vector<StudyDocument> studies;
  std::string_view openapi;                              // the OpenAPI document
  std::function<std::optional<ResumeNote>()> resumed{};  // empty: never
};

// The answers of docs/formats/api.md, from requests that net has understood. Nothing here waits:
// what is asked for is in memory.
//
// Thread safety: answer() from any thread. Cost: a tile, a study and the OpenAPI document are
// look-ups; other JSON is made anew.
class Api {
 public:
  explicit Api(ApiConfig config);

  // Whether the path is one of the API's; all others are pages.
  static bool is_api_path(std::string_view path);
  HttpResponse answer(const HttpRequest& request) const;

  // What there is: the OpenAPI document is held against it.
  struct Named {
    HttpMethod method;
    std::string_view path;
  };
  static std::vector<Named> names();

  // The body of /v1/health: streams need it too.
  JsonValue health_document() const;

 private:
  using Handler = HttpResponse (Api::*)(const HttpRequest&) const;
  struct Route {
    HttpMethod method;
    std::string_view path;  // one that ends with '/' stands for all names below it
    Handler handler;
  };
  static std::span<const Route> routes();
  static bool matches(const Route& route, std::string_view path);

  HttpResponse health(const HttpRequest& request) const;
  HttpResponse instruments(const HttpRequest& request) const;
  HttpResponse map(const HttpRequest& request) const;
  HttpResponse heatmap(const HttpRequest& request) const;
  HttpResponse tile(const HttpRequest& request) const;
  HttpResponse cell(const HttpRequest& request) const;
  HttpResponse series(const HttpRequest& request) const;
  HttpResponse clusters(const HttpRequest& request) const;
  HttpResponse liquidations(const HttpRequest& request) const;
  HttpResponse scorecard(const HttpRequest& request) const;
  HttpResponse studies(const HttpRequest& request) const;
  HttpResponse study(const HttpRequest& request) const;
  HttpResponse market_clock(const HttpRequest& request) const;
  HttpResponse set_market_clock(const HttpRequest& request) const;
  HttpResponse lab_scenarios(const HttpRequest& request) const;
  HttpResponse lab_fields(const HttpRequest& request) const;
  HttpResponse lab_runs(const HttpRequest& request) const;
  HttpResponse lab_run(const HttpRequest& request) const;
  HttpResponse start_lab_run(const HttpRequest& request) const;
  HttpResponse cancel_lab_run(const HttpRequest& request) const;
  HttpResponse openapi(const HttpRequest& request) const;

  // Errors: kMissingField, kUnknownInstrument.
  Outcome<const ServedSeries*> series_of(const HttpRequest& request) const;
  // The same, with its newest column. Errors: kNoData as well.
  struct Shown {
    MapHistory* history;
    std::shared_ptr<const MapNow> now;
  };
  Outcome<Shown> shown_of(const HttpRequest& request) const;
  JsonValue clock_document() const;

  ApiConfig config_;
  KeptText openapi_;
  std::vector<KeptText> studies_;  // of each of the config's
};

}  // namespace faultline
