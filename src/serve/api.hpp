#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"
#include "serve/series_runner.hpp"
#include "text/json.hpp"

namespace faultline {

enum class ServeMode : std::uint8_t { kDemo, kReplay, kStore };
std::string_view name_of(ServeMode mode);

// One series as clients know it.
struct ServedSeries {
  std::string id;  // "simulated:BTCUSDT"
  SeriesRunner* runner = nullptr;
};

struct ApiConfig {
  ServeMode mode = ServeMode::kDemo;
  std::string version;
  std::vector<ServedSeries> series;  // one or more; they outlive the API
};

// The answers of docs/formats/api.md, from requests that net has understood. Nothing here waits:
// what is asked for is in memory.
//
// Thread safety: answer() from any thread. Cost: a tile is a look-up; a JSON answer is made anew.
class Api {
 public:
  explicit Api(ApiConfig config);

  // Whether the path is one of the API's; all others are pages.
  static bool is_api_path(std::string_view path);
  HttpResponse answer(const HttpRequest& request) const;

  // The header that every body about a map has, and one entry of /v1/series: streams need them too.
  static JsonValue header_of(const MapHistory& history, const MapNow& now);
  static JsonValue json_of_entry(const SeriesEntry& entry, std::size_t members);

 private:
  using Handler = HttpResponse (Api::*)(const HttpRequest&) const;
  struct Route {
    std::string_view path;
    Handler handler;
  };
  static std::span<const Route> routes();

  HttpResponse health(const HttpRequest& request) const;
  HttpResponse instruments(const HttpRequest& request) const;
  HttpResponse map(const HttpRequest& request) const;
  HttpResponse tile(const HttpRequest& request) const;
  HttpResponse series(const HttpRequest& request) const;
  HttpResponse clusters(const HttpRequest& request) const;
  HttpResponse liquidations(const HttpRequest& request) const;
  HttpResponse scorecard(const HttpRequest& request) const;

  // Errors: kMissingField, kUnknownInstrument.
  Outcome<SeriesRunner*> runner_of(const HttpRequest& request) const;

  ApiConfig config_;
};

}  // namespace faultline
