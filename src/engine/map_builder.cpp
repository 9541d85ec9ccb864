#include "engine/map_builder.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "engine/liquidation_bands.hpp"
#include "engine/map_liquidations.hpp"
#include "engine/map_plan.hpp"
#include "engine/venue_run.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

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

// All venues, stepped from column to column.
class VenueRuns {
 public:
  VenueRuns(const MapRequest& request, const MapPlan& plan) : request_(request), plan_(plan) {}

  Outcome<void> open(const Store& store) {
    runs_.reserve(plan_.venues.size());
    for (std::size_t v = 0; v < plan_.venues.size(); ++v) {
      Outcome<VenueRun> run = VenueRun::open(store, request_, plan_, v);
      if (!run) return run.error();
      runs_.push_back(std::move(run).value());
    }
    return {};
  }

  Outcome<void> advance_to(UnixNanos until) {
    std::vector<std::optional<Diagnostic>> problems(runs_.size());
    for_all(runs_.size(), request_.threads, [&](std::size_t v) {
      const Outcome<void> done = runs_[v].advance_to(until);
      if (!done) problems[v] = done.error();
    });
    for (const auto& problem : problems) {
      if (problem) return *problem;
    }
    return {};
  }

  bool is_any_over() const { return std::ranges::any_of(runs_, &VenueRun::is_over); }

  // All have steps since the last column, and the last ones ended together.
  bool are_together() const {
    return std::ranges::all_of(runs_, [&](const VenueRun& run) {
      return run.has_span() && run.reached() == runs_.front().reached();
    });
  }

  std::uint64_t step_count() const {
    std::uint64_t sum = 0;
    for (const VenueRun& run : runs_) sum += run.notes().steps;
    return sum;
  }

  EnsembleColumn column() const {
    const RowFrame frame = frame_around(runs_.front().mark(), {.reach = request_.reach});
    std::vector<VenueProfile> profiles(runs_.size());
    for_all(runs_.size(), request_.threads,
            [&](std::size_t v) { profiles[v] = runs_[v].profile(frame); });
    return EnsembleColumn(*runs_.front().reached(), runs_.front().mark(), frame,
                          std::move(profiles), Rng(request_.seed));
  }

  ColumnSpan take_span() {
    ColumnSpan span = runs_.front().take_span();
    for (std::size_t v = 1; v < runs_.size(); ++v) {
      const ColumnSpan other = runs_[v].take_span();
      if (other.feed && !span.feed) span.feed.emplace();
      if (other.feed) span.feed->readings += other.feed->readings;
      for (const std::size_t side : {0U, 1U}) {
        span.crossed_usd[side] += other.crossed_usd[side];
        span.returned_usd[side] += other.returned_usd[side];
        if (!other.feed) continue;
        span.feed->printed_usd[side] += other.feed->printed_usd[side];
        span.feed->expected_liquidation_usd[side] += other.feed->expected_liquidation_usd[side];
      }
    }
    return span;
  }

  std::span<const VenueRun> runs() const { return runs_; }

 private:
  const MapRequest& request_;
  const MapPlan& plan_;
  std::vector<VenueRun> runs_;
};

// What the feeds of all venues would print if the cluster were crossed: each of what its own map
// holds there, because venues of one coin do not hold alike at every price.
std::optional<double> expected_of(const Cluster& cluster, const VenueRuns& venues,
                                  const EnsembleColumn& column) {
  const RowBand band = band_of_prices(cluster.price_low, cluster.price_high);
  double sum = 0.0;
  for (std::size_t v = 0; v < venues.runs().size(); ++v) {
    const double held_usd = column.venues()[v].sum_of(cluster.side, band);
    const auto expected = venues.runs()[v].filter().expected_liquidation_usd(held_usd);
    if (!expected) return std::nullopt;
    sum += *expected;
  }
  return sum;
}

// What follows the columns one by one.
struct Followers {
  ClusterTracker clusters;
  LiquidationBands bands;
};

void append_column(const EnsembleColumn& made, ColumnSpan span, Followers& followers,
                   LiquidationMap& map) {
  const MapColumn& column = made.column();
  followers.bands.add(span);
  span.open_interest_usd = column.open_interest_usd;
  followers.clusters.add(column, made.venues(), span.candle.low, span.candle.high);
  for (const Side side : kSides) {
    if (column.open_interest_usd <= 0.0) continue;
    const double error =
        std::abs(column.total_usd(side) - column.open_interest_usd) / column.open_interest_usd;
    FAULTLINE_CHECK(std::isfinite(error));
    map.identity_error_max = std::max(map.identity_error_max, error);
  }
  map.spans.push_back(span);
  map.columns.push_back(column);
}

Outcome<void> run_venues(const MapPlan& plan, VenueRuns& venues, const ProgressFn& report,
                         LiquidationMap& map) {
  Followers followers;
  std::optional<EnsembleColumn> last;
  const auto next_column = [&](UnixNanos time) {
    return UnixNanos((time.value / plan.column.value + 1) * plan.column.value);
  };
  UnixNanos until = next_column(plan.first_price);
  for (;;) {
    if (Outcome<void> done = venues.advance_to(until); !done) return done;
    const bool is_last = venues.is_any_over();
    if (venues.are_together()) {
      last.emplace(venues.column());
      append_column(*last, venues.take_span(), followers, map);
    }
    if (is_last) break;
    const std::uint64_t steps = venues.step_count();
    if (!keep_going(report, {"map", steps, 0, steps})) return Diagnostic{.code = Errc::kCancelled};
    until = until + plan.column;
  }
  if (!last) return {};
  const auto histories = followers.clusters.histories();
  map.cluster_histories.assign(histories.begin(), histories.end());
  map.liquidation_intervals = followers.bands.interval_count();
  map.liquidation_intervals_right = followers.bands.inside_count();
  map.clusters = find_clusters(last->column());
  last->add_intervals(map.clusters);
  for (Cluster& cluster : map.clusters) {
    cluster.expected_liquidation_usd = expected_of(cluster, venues, *last);
  }
  return {};
}

void describe_venues(const VenueRuns& venues, LiquidationMap& map) {
  const MapColumn& last = map.columns.back();
  Hash64 hash;
  for (std::size_t v = 0; v < venues.runs().size(); ++v) {
    const VenueRun& run = venues.runs()[v];
    VenuePart part = run.part();
    part.open_interest_usd = last.venue_interest_usd[v];
    // An interest of nothing has no shares.
    part.share =
        last.open_interest_usd > 0.0 ? part.open_interest_usd / last.open_interest_usd : 0.0;
    hash.add_u64(part.state_hash);
    map.state_bytes += part.state_bytes;
    map.oi_exceeds_volume_steps += run.oi_exceeds_volume_steps();
    map.venues.push_back(std::move(part));
  }
  map.state_hash = hash.value();
}

}  // namespace

std::string_view name_of(SweptOn swept_on) {
  switch (swept_on) {
    case SweptOn::kLast:
      return "last";
    case SweptOn::kMark:
      return "mark";
    case SweptOn::kMixed:
      return "mixed";
  }
  return {};
}

Outcome<LiquidationMap> build_map(const Store& store, const MapRequest& request,
                                  const ProgressFn& report) {
  const Outcome<MapPlan> plan = plan_map(store, request);
  if (!plan) return plan.error();
  VenueRuns venues(request, *plan);
  if (const Outcome<void> opened = venues.open(store); !opened) return opened.error();
  LiquidationMap map;
  map.spec = plan->venues.front().spec;
  map.model_version = kModelVersion;
  map.members = request.filter.members;
  map.step_length = plan->venues.front().step;
  map.column_interval = plan->column;
  map.is_simulated = request.instrument.venue == Venue::kSimulated;
  if (const Outcome<void> done = run_venues(*plan, venues, report, map); !done) return done.error();
  if (map.columns.empty()) {
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(request.instrument),
                      .note = "no step in this range"};
  }
  map.as_of = map.columns.back().as_of;
  map.notes = venues.runs().front().notes();
  if (map.notes.mark_price_steps > 0)
    map.swept_on = map.notes.last_price_steps == 0 ? SweptOn::kMark : SweptOn::kMixed;
  describe_venues(venues, map);
  for (const VenuePart& part : map.venues) {
    const Result<InstrumentId> feed = parse_instrument_id(part.feed);
    if (!feed) continue;
    if (const Outcome<void> done = load_liquidations(store, *feed, map); !done) return done.error();
  }
  return map;
}

}  // namespace faultline
