#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/http_server.hpp"
#include "serve/api.hpp"
#include "serve/stream_hub.hpp"

namespace faultline {

struct ServiceOptions {
  ServeMode mode = ServeMode::kDemo;
  std::string version;
  ServerConfig server{};
  SeriesRunner::Pace pace{};
};

// A series of maps behind HTTP and WebSocket: what `faultline serve` starts.
//
//   SeriesSource ──> SeriesRunner ──┬─> MapHistory ──> Api ──> HTTP
//                                   └─> StreamHub ──> WebSocket
//
// Thread safety: all functions from any thread. Stops when it is destroyed.
class MapService {
 public:
  // Errors: those of HttpServer::start(), as what is wrong with address and port.
  static Outcome<std::unique_ptr<MapService>> start(std::unique_ptr<SeriesSource> source,
                                                    const ServiceOptions& options);
  ~MapService();
  MapService(const MapService&) = delete;
  MapService& operator=(const MapService&) = delete;

  // "http://127.0.0.1:8080"
  std::string url() const;
  SeriesRunner& runner() { return *runner_; }
  ServerCounters counters() const { return server_->counters(); }

 private:
  MapService() = default;
  void publish(const SourceNews& news);
  void add_topics();
  JsonValue map_snapshot() const;

  std::string id_;
  StreamHub hub_;
  std::unique_ptr<SeriesRunner> runner_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;  // last: it calls the others
};

}  // namespace faultline
