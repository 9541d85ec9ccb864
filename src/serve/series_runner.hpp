#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "serve/map_history.hpp"

namespace faultline {

// Takes a source through time at a pace, on a thread of its own, and leaves what comes in a
// history.
//
//   market time = start + speed · (time since it was started or the speed was set)
//
// The warm-up comes first, as fast as it can be, an hour of the market at a time: between two hours
// it can be stopped.
// A pace that the machine cannot keep is not caught up with: market time waits for the map.
// Thread safety: all functions from any thread.
class SeriesRunner {
 public:
  struct Pace {
    double speed = 60.0;  // seconds of the market a second; 0: paused
    // Columns that end by then are made at once, as fast as they can be.
    std::optional<UnixNanos> at_once_until{};
  };
  // Called on the runner's thread after each column or print; must not block.
  using OnNews = std::function<void(const SourceNews&)>;
  // Called on the runner's thread, once, when nothing more comes: with why it stopped before its
  // end, or with nothing at its end. Not called where stop() ends it.
  using OnEnd = std::function<void(const std::optional<Diagnostic>& problem)>;

  // Begins with start(), so that whoever hears of news has its runner by then. Requires: a pace as
  // set_speed() takes it (checked).
  SeriesRunner(std::unique_ptr<SeriesSource> source, const Pace& pace, OnNews on_news = {},
               OnEnd on_end = {});
  ~SeriesRunner();
  SeriesRunner(const SeriesRunner&) = delete;
  SeriesRunner& operator=(const SeriesRunner&) = delete;

  // Requires: once.
  void start();
  // No news after it. Stopping twice, or before start(), does nothing; the destructor does it too.
  void stop();
  MapHistory& history() { return history_; }

  struct State {
    double speed = 0.0;
    UnixNanos begin{};  // of the first column and of the last
    UnixNanos end{};
    UnixNanos now{};  // of the market: the end of the last column, `begin` before there is one
    // Of the market's time before the first column, how much the model has learnt from; absent when
    // it is over.
    std::optional<double> warm_up_share{};
    bool is_hurrying = false;  // warms up, or to the end of run_to(), or of what was to be there
    bool is_over = false;
    std::optional<Diagnostic> problem{};  // why it stopped before its end
  };
  State state() const;
  // Ends a run_to() as well. Requires: 0, or kSpeedMin to kSpeedMax (checked).
  void set_speed(double speed);
  // Columns that end by `until` are made as fast as they can be; then the pace goes on.
  void run_to(UnixNanos until);
  static constexpr double kSpeedMin = 0.001;
  static constexpr double kSpeedMax = 100'000.0;
  static bool is_pace(double speed);

 private:
  void run(const std::stop_token& stop);
  bool warm_up(const std::stop_token& stop);
  bool is_at_once(UnixNanos column_end) const;  // requires the lock
  bool wait_for(UnixNanos column_end, const std::stop_token& stop);
  void finish(const std::optional<Diagnostic>& problem);

  std::unique_ptr<SeriesSource> source_;
  MapHistory history_;
  OnNews on_news_;
  OnEnd on_end_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Pace pace_;
  std::uint64_t commands_ = 0;    // how often the pace was changed
  std::chrono::nanoseconds due_;  // of the next column, by base's monotonic clock
  State state_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace faultline
