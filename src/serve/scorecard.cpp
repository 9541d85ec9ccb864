#include "serve/scorecard.hpp"

#include <algorithm>
#include <cmath>

#include "core/time_text.hpp"
#include "engine/liquidation_bands.hpp"
#include "serve/documents.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kPairsLeast = 30;

UnixNanos hour_end(UnixNanos time) {
  return UnixNanos((time.value + kHour.value - 1) / kHour.value * kHour.value);
}

}  // namespace

void Scorecard::Sums::add(const ColumnSpan& span) {
  ++columns;
  for (const std::size_t s : {0U, 1U}) {
    if (!span.feed->has_side[s]) continue;
    has_side[s] = true;
    expected[s] += span.feed->expected_liquidation_usd[s];
    printed[s] += span.feed->printed_usd[s];
    crossed[s] += span.crossed_usd[s];
  }
}

// A side that no reading told of is null: that is not a zero.
JsonValue Scorecard::Sums::known(const std::array<double, 2>& usd) const {
  JsonValue out = JsonValue::object();
  out.set("long", has_side[0] ? JsonValue(cents(usd[0])) : JsonValue());
  return std::move(out.set("short", has_side[1] ? JsonValue(cents(usd[1])) : JsonValue()));
}

JsonValue Scorecard::Sums::document() const {
  JsonValue out = JsonValue::object();
  out.set("columns", columns).set("expected_liquidation_usd", known(expected));
  out.set("printed_usd", known(printed));
  return std::move(out.set("crossed_usd", known(crossed)));
}

void Scorecard::LogPairs::add(double expected_usd, double printed_usd) {
  const double x = std::log1p(expected_usd);
  const double y = std::log1p(printed_usd);
  ++count_;
  sum_x_ += x;
  sum_y_ += y;
  sum_xx_ += x * x;
  sum_xy_ += x * y;
  sum_yy_ += y * y;
}

void Scorecard::LogPairs::add_to(JsonValue& out) const {
  out.set("count", count_);
  const auto n = static_cast<double>(count_);
  const double variance_x = sum_xx_ - sum_x_ * sum_x_ / std::max(1.0, n);
  const double variance_y = sum_yy_ - sum_y_ * sum_y_ / std::max(1.0, n);
  const bool is_known = count_ >= kPairsLeast;
  out.set("log_ratio_mean", is_known ? JsonValue((sum_y_ - sum_x_) / n) : JsonValue());
  JsonValue correlation;
  if (is_known && variance_x > 0.0 && variance_y > 0.0)
    correlation = (sum_xy_ - sum_x_ * sum_y_ / n) / std::sqrt(variance_x * variance_y);
  out.set("correlation", std::move(correlation));
}

UnixNanos Scorecard::begin_at(UnixNanos newest) const {
  return hour_end(newest) - Nanos(kHoursMost * std::max(kHour, interval_).value);
}

void Scorecard::add(std::span<const SeriesEntry> entries) {
  for (const SeriesEntry& entry : entries) {
    if (!range_) range_ = TimeRange{entry.as_of - interval_, entry.as_of};
    range_->to = entry.as_of;
    if (!entry.span.feed) continue;
    const UnixNanos hour = hour_end(entry.as_of);
    if (hours_.empty() || hours_.back().end != hour) hours_.emplace_back().end = hour;
    hours_.back().add(entry.span);
    totals_.add(entry.span);
    for (const std::size_t side : {0U, 1U}) {
      if (entry.span.feed->has_side[side]) add_side(entry.span, side);
    }
  }
}

void Scorecard::add_side(const ColumnSpan& span, std::size_t side) {
  const double printed_usd = span.feed->printed_usd[side];
  if (span.crossed_usd[side] > 0.0)
    pairs_.add(span.feed->expected_liquidation_usd[side], printed_usd);
  const std::optional<UsdInterval>& interval = span.feed->liquidation_interval[side];
  if (!interval) return;
  ++interval_count_;
  inside_count_ += printed_usd >= interval->low && printed_usd <= interval->high ? 1 : 0;
}

JsonValue Scorecard::document() const {
  JsonValue hours = JsonValue::array();
  for (const Sums& hour : hours_) {
    JsonValue one = JsonValue::object();
    one.set("time", to_text(hour.end));
    add_members(hour.document(), one);
    hours.push(std::move(one));
  }
  JsonValue intervals = JsonValue::object();
  intervals.set("nominal", LiquidationBands::kCoverage);
  intervals.set("count", interval_count_).set("inside", inside_count_);
  JsonValue columns = JsonValue::object();
  columns.set("interval_s", static_cast<double>(interval_.value) / 1e9);
  pairs_.add_to(columns);
  JsonValue out = JsonValue::object();
  out.set("from", range_ ? JsonValue(to_text(range_->from)) : JsonValue());
  out.set("to", range_ ? JsonValue(to_text(range_->to)) : JsonValue());
  out.set("hours", std::move(hours)).set("totals", totals_.document());
  out.set("liquidation_intervals", std::move(intervals));
  return std::move(out.set("columns", std::move(columns)));
}

}  // namespace faultline
