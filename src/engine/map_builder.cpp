#include "engine/map_builder.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "engine/map_liquidations.hpp"
#include "engine/map_plan.hpp"
#include "engine/map_series.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

void append(MapMoment moment, LiquidationMap& map) {
  const MapColumn& column = moment.column;
  for (const Side side : kSides) {
    if (column.open_interest_usd <= 0.0) continue;
    const double error =
        std::abs(column.total_usd(side) - column.open_interest_usd) / column.open_interest_usd;
    FAULTLINE_CHECK(std::isfinite(error));
    map.identity_error_max = std::max(map.identity_error_max, error);
  }
  map.spans.push_back(moment.span);
  map.columns.push_back(std::move(moment.column));
}

Outcome<void> run_series(const MapPlan& plan, MapSeries& series, const ProgressFn& report,
                         LiquidationMap& map) {
  for (UnixNanos until = column_end(plan.first_price, plan.column);; until = until + plan.column) {
    Outcome<std::optional<MapMoment>> moment = series.advance_to(until);
    if (!moment) return moment.error();
    if (moment->has_value()) append(std::move(**moment), map);
    if (series.is_any_over()) break;
    const std::uint64_t steps = series.step_count();
    if (!keep_going(report, {"map", steps, 0, steps})) return Diagnostic{.code = Errc::kCancelled};
  }
  const auto histories = series.histories();
  map.cluster_histories.assign(histories.begin(), histories.end());
  map.liquidation_intervals = series.bands().interval_count();
  map.liquidation_intervals_right = series.bands().inside_count();
  map.clusters = series.clusters();
  return {};
}

void describe_venues(const MapSeries& series, LiquidationMap& map) {
  const MapColumn& last = map.columns.back();
  Hash64 hash;
  for (std::size_t v = 0; v < series.runs().size(); ++v) {
    const VenueRun& run = series.runs()[v];
    VenuePart part = run.part();
    part.state_hash = run.filter().state_hash();
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
  Outcome<MapSeries> series = open_series(store, request, *plan);
  if (!series) return series.error();
  LiquidationMap map;
  map.spec = plan->venues.front().spec;
  map.model_version = kModelVersion;
  map.members = request.filter.members;
  map.step_length = plan->venues.front().step;
  map.column_interval = plan->column;
  map.is_simulated = request.instrument.venue == Venue::kSimulated;
  if (const Outcome<void> done = run_series(*plan, *series, report, map); !done)
    return done.error();
  if (map.columns.empty()) {
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(request.instrument),
                      .note = "no step in this range"};
  }
  map.as_of = map.columns.back().as_of;
  map.notes = series->runs().front().notes();
  if (map.notes.mark_price_steps > 0)
    map.swept_on = map.notes.last_price_steps == 0 ? SweptOn::kMark : SweptOn::kMixed;
  describe_venues(*series, map);
  for (const VenuePart& part : map.venues) {
    const Result<InstrumentId> feed = parse_instrument_id(part.feed);
    if (!feed) continue;
    if (const Outcome<void> done = load_liquidations(store, *feed, map); !done) return done.error();
  }
  return map;
}

}  // namespace faultline
