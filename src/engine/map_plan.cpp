#include "engine/map_plan.hpp"

#include <algorithm>

#include "core/time_text.hpp"

namespace faultline {
namespace {

Diagnostic bad_request(std::string field, std::string note) {
  return Diagnostic{.code = Errc::kBadRequest, .field = std::move(field), .note = std::move(note)};
}

// What prices cover, as far as columns are asked for: [first price, last price].
Outcome<TimeRange> price_range(const Store& store, const InstrumentId& id) {
  std::optional<TimeRange> range;
  for (const EventKind kind : {EventKind::kTrade, EventKind::kBar, EventKind::kMark}) {
    const std::optional<Coverage> coverage = store.coverage(id, kind);
    if (!coverage) continue;
    if (!range) range = TimeRange{coverage->time_first, coverage->time_last};
    range->from = std::min(range->from, coverage->time_first);
    range->to = std::max(range->to, coverage->time_last);
  }
  if (range) return *range;
  if (store.record(id)) {
    return Diagnostic{
        .code = Errc::kNoData, .field = to_text(id), .note = "no prices are recorded"};
  }
  std::string known;
  for (const InstrumentId& other : store.instruments()) {
    known += (known.empty() ? "it holds " : ", ") + to_text(other);
  }
  return Diagnostic{.code = Errc::kUnknownInstrument,
                    .field = to_text(id),
                    .note = known.empty() ? "the store is empty" : known};
}

Nanos automatic_column(TimeRange shown, Nanos step, std::int64_t most) {
  const std::int64_t span = (shown.to - shown.from).value;
  for (const std::int64_t minutes : {1, 5, 15, 30, 60, 120, 240, 480, 1440}) {
    const Nanos interval(minutes * kMinute.value);
    if (interval >= step && interval.value % step.value == 0 && span / interval.value <= most) {
      return interval;
    }
  }
  return Nanos(std::max<std::int64_t>(1, span / most / step.value) * step.value);
}

// The time for which all venues have prices: [first price, last price].
struct SharedPrices {
  UnixNanos first_of_any{};
  TimeRange shared;
};

Outcome<SharedPrices> shared_prices(const Store& store, const std::vector<InstrumentId>& ids) {
  SharedPrices out;
  for (std::size_t v = 0; v < ids.size(); ++v) {
    const Outcome<TimeRange> prices = price_range(store, ids[v]);
    if (!prices) return prices.error();
    if (v == 0) out = SharedPrices{prices->from, *prices};
    out.first_of_any = std::min(out.first_of_any, prices->from);
    out.shared.from = std::max(out.shared.from, prices->from);
    out.shared.to = std::min(out.shared.to, prices->to);
  }
  if (out.shared.to >= out.shared.from) return out;
  return Diagnostic{.code = Errc::kNoData,
                    .field = to_text(ids.front()),
                    .note = "there is no time for which all these instruments have prices"};
}

Outcome<std::vector<InstrumentId>> instruments_of(const MapRequest& request) {
  std::vector<InstrumentId> ids{request.instrument};
  for (const InstrumentId& id : request.also) {
    if (std::ranges::find(ids, id) != ids.end()) {
      return bad_request("instrument", to_text(id) + " is named twice");
    }
    ids.push_back(id);
  }
  if (ids.size() > kVenuesMax) {
    return bad_request("instrument", "over " + std::to_string(kVenuesMax) + " venues");
  }
  return ids;
}

Outcome<void> plan_columns(const MapRequest& request, TimeRange within, MapPlan& plan) {
  const Nanos longest = std::ranges::max_element(plan.venues, {}, &VenuePlan::step)->step;
  const bool in_tiles = request.columns_kept == ColumnsKept::kInTiles;
  const std::int64_t unasked = in_tiles ? kColumnsMaxTiles : kColumnsAuto;
  plan.column = request.column_interval.value_or(automatic_column(within, longest, unasked));
  for (const VenuePlan& venue : plan.venues) {
    if (plan.column.value % venue.step.value == 0) continue;
    return bad_request(
        "column_interval",
        to_text(plan.column) + " is not a whole number of steps of " + to_text(venue.step));
  }
  const bool has_intervals = request.filter.members > 1;
  const std::int64_t whole = has_intervals ? kColumnsMaxEnsemble : kColumnsMax;
  const std::int64_t most = in_tiles ? kColumnsMaxTiles : whole;
  if ((within.to - within.from).value / plan.column.value <= most) return {};
  return bad_request("column_interval",
                     "over " + std::to_string(most) + " columns; choose longer ones");
}

}  // namespace

Outcome<MapPlan> plan_map(const Store& store, const MapRequest& request) {
  const Outcome<std::vector<InstrumentId>> ids = instruments_of(request);
  if (!ids) return ids.error();
  const Outcome<SharedPrices> prices = shared_prices(store, *ids);
  if (!prices) return prices.error();
  const TimeRange shared = prices->shared;
  MapPlan plan;
  plan.first_price = prices->first_of_any;
  plan.shown = TimeRange{request.from.value_or(shared.from), request.to.value_or(kAllTime.to)};
  if (plan.shown.to <= shared.from || plan.shown.from > shared.to) {
    return Diagnostic{
        .code = Errc::kNoData,
        .field = to_text(request.instrument),
        .note = (ids->size() == 1 ? "prices are recorded from " : "all have prices from ") +
                to_text(shared.from) + " to " + to_text(shared.to)};
  }
  if (plan.shown.to <= plan.shown.from) return bad_request("range", "it ends before it begins");
  for (const InstrumentId& id : *ids) {
    const Outcome<InstrumentSpec> spec = store.spec_at(id, shared.to);
    if (!spec) return spec.error();
    const Outcome<StepChoice> choice =
        choose_step(store, id, {UnixNanos(0), plan.shown.to}, request.step);
    if (!choice) return choice.error();
    plan.venues.push_back(VenuePlan{*spec, choice->length, choice->bar});
    // A step that is not over by then would know what came after, and one that prices do not fill
    // is not over.
    const std::int64_t step = choice->length.value;
    plan.shown.to = std::min(UnixNanos(plan.shown.to.value / step * step), choice->prices_until);
  }
  if (plan.shown.to <= plan.shown.from) return bad_request("range", "no whole step lies in it");
  plan.read = TimeRange{UnixNanos(0), plan.shown.to};
  // What came before every venue had prices is no part of a sum.
  plan.shown.from = std::max(plan.shown.from, shared.from);
  const TimeRange within{plan.shown.from, std::min(plan.shown.to, shared.to)};
  if (Outcome<void> done = plan_columns(request, within, plan); !done) return done.error();
  return plan;
}

}  // namespace faultline
