#include "engine/map_series.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/check.hpp"
#include "engine/map_plan.hpp"

namespace faultline {
namespace {

// Calls work(0) … work(count − 1), each once, on up to `threads` threads. What they write must not
// be shared; then the result does not depend on the number of threads.
template <class Work>
void for_all(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take_turns = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t t = 1; t < std::min(threads, count); ++t) helpers.emplace_back(take_turns);
  take_turns();
}

}  // namespace

UnixNanos column_end(UnixNanos time, Nanos column) {
  return UnixNanos((time.value / column.value + 1) * column.value);
}

MapSeries::MapSeries(const MapRequest& request, Nanos column, std::vector<VenueRun> runs)
    : request_(request), column_(column), runs_(std::move(runs)) {
  FAULTLINE_CHECK(!runs_.empty() && column_.value > 0);
}

Outcome<std::optional<MapMoment>> MapSeries::advance_to(UnixNanos until) {
  std::vector<std::optional<Diagnostic>> problems(runs_.size());
  for_all(runs_.size(), request_.threads, [&](std::size_t v) {
    const Outcome<void> done = runs_[v].advance_to(until);
    if (!done) problems[v] = done.error();
  });
  for (const auto& problem : problems) {
    if (problem) return *problem;
  }
  if (!are_together()) return std::optional<MapMoment>();
  last_.emplace(make_column());
  const MapColumn& column = last_->column();
  ColumnSpan span = take_span();
  bands_.add(span);
  span.open_interest_usd = column.open_interest_usd;
  tracker_.add(column, last_->venues(), span.candle.low, span.candle.high);
  return std::optional(MapMoment{column, span, make_parts()});
}

bool MapSeries::is_any_over() const { return std::ranges::any_of(runs_, &VenueRun::is_over); }

// All have steps since the last column, and the last ones ended together.
bool MapSeries::are_together() const {
  return std::ranges::all_of(runs_, [&](const VenueRun& run) {
    return run.has_span() && run.reached() == runs_.front().reached();
  });
}

std::uint64_t MapSeries::step_count() const {
  std::uint64_t sum = 0;
  for (const VenueRun& run : runs_) sum += run.notes().steps;
  return sum;
}

EnsembleColumn MapSeries::make_column() const {
  const RowFrame frame = frame_around(runs_.front().mark(), {.reach = request_.reach});
  std::vector<VenueProfile> profiles(runs_.size());
  for_all(runs_.size(), request_.threads,
          [&](std::size_t v) { profiles[v] = runs_[v].profile(frame); });
  return EnsembleColumn(*runs_.front().reached(), runs_.front().mark(), frame, std::move(profiles),
                        Rng(request_.seed));
}

std::optional<ColumnParts> MapSeries::make_parts() {
  if (!request_.extras.parts) return std::nullopt;
  const MapColumn& column = last_->column();
  const RowFrame frame{column.first_row, column.row_count()};
  std::vector<const VenueParts*> parts(runs_.size());
  for_all(runs_.size(), request_.threads,
          [&](std::size_t v) { parts[v] = runs_[v].look_at_parts(frame); });
  return column_parts(*last_, parts);
}

ColumnSpan MapSeries::take_span() {
  ColumnSpan span = runs_.front().take_span();
  for (std::size_t v = 1; v < runs_.size(); ++v) {
    const ColumnSpan own = runs_[v].take_span();
    add_flows(own, span);
    add_depth(own.context, span.context);
  }
  return span;
}

// What the feeds of all venues would print if the cluster were crossed: each of what its own map
// holds there, because venues of one coin do not hold alike at every price.
std::optional<double> MapSeries::expected_of(const Cluster& cluster) const {
  const RowBand band = band_of_prices(cluster.price_low, cluster.price_high);
  double sum = 0.0;
  for (std::size_t v = 0; v < runs_.size(); ++v) {
    const double held_usd = last_->venues()[v].sum_of(cluster.side, band);
    const auto expected = runs_[v].filter().expected_liquidation_usd(held_usd);
    if (!expected) return std::nullopt;
    sum += *expected;
  }
  return sum;
}

Outcome<MapSeries> open_series(const Store& store, const MapRequest& request, const MapPlan& plan) {
  std::vector<VenueRun> runs;
  for (std::size_t v = 0; v < plan.venues.size(); ++v) {
    Outcome<VenueRun> run = VenueRun::open(store, request, plan, v);
    if (!run) return run.error();
    runs.push_back(std::move(run).value());
  }
  return MapSeries(request, plan.column, std::move(runs));
}

std::vector<Cluster> MapSeries::clusters() const {
  if (!last_) return {};
  std::vector<Cluster> clusters = find_clusters(last_->column());
  last_->add_intervals(clusters);
  for (Cluster& cluster : clusters) cluster.expected_liquidation_usd = expected_of(cluster);
  return clusters;
}

}  // namespace faultline
