#pragma once

#include <algorithm>
#include <cstdint>

#include "base/event_queue.hpp"
#include "base/rng.hpp"
#include "core/units.hpp"

namespace faultline {

// What can be next in a market.
enum class LabEventKind : std::uint8_t {
  kClock,  // the second of all venues
  kMakerLook,
  kTakerOrder,  // a candidate of the Hawkes process
  kTrendLook,
  kArbitrageLook,
  kArbitrageOrder,  // has travelled, and arrives
  kMap,             // a new map for its readers
  kReaderAct,
  kHolderWake,
  kHolderOrder,
};

struct LabEvent {
  LabEventKind kind = LabEventKind::kClock;
  std::uint16_t venue = 0;
  std::uint32_t agent = 0;  // within its kind and venue
  std::uint32_t stamp = 0;  // events of an older stamp than the agent's are void
};

// The one clock of a market and all that is to come.
//
// Units: absolute time outside, nanoseconds since the start within.
class Agenda {
 public:
  explicit Agenda(UnixNanos start) : start_(start), now_(start) {}

  void at(UnixNanos time, const LabEvent& event) {
    queue_.push(static_cast<std::uint64_t>((time - start_).value), event);
  }
  // After an exponential wait, at least a microsecond and at most three years long.
  void after(Nanos mean, Rng& rng, const LabEvent& event) {
    constexpr double kLongest = 1e17;
    const double wait = std::min(kLongest, rng.exponential() * static_cast<double>(mean.value));
    at(now_ + Nanos(static_cast<std::int64_t>(wait) + 1'000), event);
  }

  UnixNanos now() const { return now_; }
  bool empty() const { return queue_.empty(); }
  LabEvent next() {
    const auto entry = queue_.pop();
    now_ = start_ + Nanos(static_cast<std::int64_t>(entry.time));
    return entry.event;
  }

 private:
  UnixNanos start_;
  UnixNanos now_;
  EventQueue<LabEvent> queue_;
};

}  // namespace faultline
