#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "net/http_server.hpp"
#include "serve/access.hpp"
#include "serve/api.hpp"
#include "serve/metrics.hpp"
#include "serve/pages.hpp"
#include "serve/stream_hub.hpp"
#include "serve/worker_pool.hpp"

namespace faultline {

struct ServiceOptions {
  ServeMode mode = ServeMode::kDemo;
  std::uint64_t series_digest = 0;  // of data, settings, model, seed and program
  std::string version;
  ServerConfig server{};
  AccessPolicy access = AccessPolicy::open();
  SeriesRunner::Pace pace{};
  // Of one client (an IPv4 address or an IPv6 /64), messages of streams included; kBurstSeconds of
  // them at once. 0: any number.
  std::uint32_t requests_per_second = 0;
  static constexpr std::uint32_t kBurstSeconds = 4;
  std::size_t requests_waiting_max = 256;  // for a worker; those beyond are told to come again
  std::span<const Page> pages;             // they outlive the service, as all texts here do
  std::vector<StudyDocument> studies;
  std::vector<LabScenario> scenarios;
  std::string_view openapi;
  std::function<std::optional<ResumeNote>()> resumed{};
  // Called with one line of JSON after each answer and at what happens to the service
  // (docs/serving.md), on any thread; must not block.
  std::function<void(std::string_view line)> log{};
  bool logs_refusals_alone = false;  // and neither what was answered nor what happens
  // Called on the runner's thread after each column.
  std::function<void(const MapNow& now)> on_column{};
};

// A series of maps behind HTTP and WebSocket: what `faultline serve` starts.
//
//   SeriesSource ──> SeriesRunner ──┬─> MapHistory ──> Api ──> WorkerPool ──> HTTP
//                                   └─> StreamHub ───────────────────────────> WebSocket
//   LabRuns ───────────────────────────────────────────^
//
// Thread safety: all functions from any thread. Stops when it is destroyed.
class MapService {
 public:
  // Errors: kBadRequest (an address that is not the loopback, and no keys), and those of
  // HttpServer::start(), as what is wrong with address and port.
  static Outcome<std::unique_ptr<MapService>> start(std::unique_ptr<SeriesSource> source,
                                                    ServiceOptions options);
  ~MapService();
  MapService(const MapService&) = delete;
  MapService& operator=(const MapService&) = delete;

  // "http://127.0.0.1:8420"
  std::string url() const;
  SeriesRunner& runner() { return *runner_; }

 private:
  explicit MapService(ServiceOptions options);
  Outcome<void> listen();
  void take(const HttpRequest& request, Responder responder);
  Access access_of(const HttpRequest& request);
  void send(const HttpRequest& request, const Access& access, HttpResponse response,
            Responder& responder) const;
  void answer_later(const HttpRequest& request, const Access& access, Responder responder);
  UpgradeDecision upgrade(const HttpRequest& request);
  void publish(const SourceNews& news);
  void publish_health(const std::stop_token& stop);
  void on_answer(const AccessEntry& entry);
  void on_socket_end(const SocketEntry& entry);
  bool logs_events() const { return options_.log && !options_.logs_refusals_alone; }
  void log_start();
  void log_resumed();
  void log_end(const std::optional<Diagnostic>& problem);
  void add_topics();
  std::string metrics() const;

  ServiceOptions options_;
  std::string id_;
  Pages pages_;
  AnswerCounts counts_;
  std::string resume_note_;  // the last that was logged
  StreamHub hub_;
  std::unique_ptr<LabRuns> lab_;
  std::unique_ptr<SeriesRunner> runner_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<HttpServer> server_;
  std::mutex pulse_mutex_;
  std::condition_variable_any pulse_;
  std::jthread health_thread_;
};

}  // namespace faultline
