#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "net/server_config.hpp"
#include "serve/access.hpp"
#include "serve/series_runner.hpp"
#include "serve/stream_hub.hpp"

namespace faultline {

// Answers by how long they took and requests by why they were refused, since the start.
//
// Thread safety: all functions from any thread. Cost: an addition or two.
class AnswerCounts {
 public:
  // Upper bounds of the histogram's buckets; what took longer is in one more.
  static constexpr std::array<double, 6> kBoundsSeconds = {0.001, 0.005, 0.025, 0.1, 0.5, 2.5};

  void add_answer(std::chrono::nanoseconds duration);
  void add_refused(AccessOutcome outcome);

  struct Totals {
    std::array<std::uint64_t, kBoundsSeconds.size() + 1> answers{};  // by bucket
    double seconds = 0.0;                                            // of all answers
    std::array<std::uint64_t, kAccessOutcomeCount> refused{};
  };
  // The counts are not of one instant.
  Totals totals() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBoundsSeconds.size() + 1> answers_{};
  std::atomic<std::uint64_t> duration_ns_ = 0;
  std::array<std::atomic<std::uint64_t>, kAccessOutcomeCount> refused_{};
};

// What a service measures of itself.
struct ServiceMetrics {
  ServerCounters server;
  AnswerCounts::Totals answers;
  StreamHub::Counters streams;
  SeriesRunner::State series;
  std::string series_id;
  std::int64_t column_end = 0;
  std::size_t history_bytes = 0;
  std::size_t model_bytes = 0;
};

// Prometheus' text format, version 0.0.4.
std::string metrics_text(const ServiceMetrics& metrics);

}  // namespace faultline
