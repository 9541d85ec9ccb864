#pragma once

#include <string>

#include "net/server_config.hpp"
#include "serve/series_runner.hpp"
#include "serve/stream_hub.hpp"

namespace faultline {

// What a service measures of itself.
struct ServiceMetrics {
  ServerCounters server;
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
