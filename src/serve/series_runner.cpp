#include "serve/series_runner.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/clock.hpp"

namespace faultline {
namespace {

constexpr Nanos kWarmUpPiece = kHour;

}  // namespace

bool SeriesRunner::is_pace(double speed) {
  return speed == 0.0 || (speed >= kSpeedMin && speed <= kSpeedMax);
}

SeriesRunner::SeriesRunner(std::unique_ptr<SeriesSource> source, const Pace& pace, OnNews on_news,
                           OnEnd on_end)
    : source_(std::move(source)),
      history_(source_->identity(), source_->begin()),
      on_news_(std::move(on_news)),
      on_end_(std::move(on_end)),
      pace_(pace),
      due_(monotonic_now()) {
  FAULTLINE_CHECK(is_pace(pace.speed));
  state_.speed = pace.speed;
  state_.begin = source_->begin();
  state_.end = source_->end();
  state_.now = source_->begin();
  const TimeRange before = source_->warm_up();
  if (before.from < before.to) state_.warm_up_share = 0.0;
  state_.is_hurrying = before.from < before.to || is_at_once(state_.begin);
}

void SeriesRunner::start() {
  FAULTLINE_CHECK(!thread_.joinable());
  due_ = monotonic_now();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SeriesRunner::~SeriesRunner() { stop(); }

void SeriesRunner::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

SeriesRunner::State SeriesRunner::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void SeriesRunner::set_speed(double speed) {
  FAULTLINE_CHECK(is_pace(speed));
  const std::lock_guard lock(mutex_);
  pace_.speed = speed;
  pace_.at_once_until.reset();
  state_.speed = speed;
  ++commands_;
  due_ = monotonic_now();
  changed_.notify_all();
}

void SeriesRunner::run_to(UnixNanos until) {
  const std::lock_guard lock(mutex_);
  pace_.at_once_until = until;
  ++commands_;
  changed_.notify_all();
}

bool SeriesRunner::is_at_once(UnixNanos column_end) const {
  return pace_.at_once_until && column_end <= *pace_.at_once_until;
}

// False when it is to stop.
bool SeriesRunner::wait_for(UnixNanos column_end, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    state_.is_hurrying = is_at_once(column_end);
    if (state_.is_hurrying) {
      due_ = monotonic_now();
      return true;
    }
    const std::uint64_t seen = commands_;
    const auto is_told = [&] { return commands_ != seen; };
    if (pace_.speed <= 0.0) {
      changed_.wait(lock, stop, is_told);
      continue;
    }
    const double seconds =
        1e-9 * static_cast<double>(source_->identity().column_interval.value) / pace_.speed;
    const auto wait = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(seconds));
    const std::chrono::nanoseconds due = due_ + wait;
    if (changed_.wait_for(lock, stop, due - monotonic_now(), is_told)) continue;
    if (stop.stop_requested()) break;
    // Late by a column or more: the market waits.
    due_ = std::max(due, monotonic_now() - wait);
    return true;
  }
  return false;
}

void SeriesRunner::finish(const std::optional<Diagnostic>& problem) {
  {
    const std::lock_guard lock(mutex_);
    state_.is_over = !problem;
    state_.is_hurrying = false;
    state_.problem = problem;
  }
  if (on_end_) on_end_(problem);
}

// False when it is to stop, or cannot go on.
bool SeriesRunner::warm_up(const std::stop_token& stop) {
  const TimeRange all = source_->warm_up();
  for (UnixNanos until = all.from; until < all.to;) {
    if (stop.stop_requested()) return false;
    until = std::min(until + kWarmUpPiece, all.to);
    if (const Outcome<void> done = source_->warm_up_to(until); !done) {
      finish(done.error());
      return false;
    }
    const std::lock_guard lock(mutex_);
    state_.warm_up_share = static_cast<double>((until - all.from).value) /
                           static_cast<double>((all.to - all.from).value);
  }
  const std::lock_guard lock(mutex_);
  state_.warm_up_share.reset();
  return true;
}

void SeriesRunner::run(const std::stop_token& stop) {
  if (!warm_up(stop)) return;
  const Nanos interval = source_->identity().column_interval;
  for (UnixNanos until = source_->begin(); until <= source_->end(); until = until + interval) {
    if (!wait_for(until, stop)) return;
    const Outcome<SourceNews> news = source_->advance_to(until);
    if (!news) return finish(news.error());
    history_.append(*news, source_->series());
    {
      const std::lock_guard lock(mutex_);
      state_.now = until;
    }
    if (on_news_) on_news_(*news);
  }
  finish(std::nullopt);
}

}  // namespace faultline
