#include "study/skill_data.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/time_text.hpp"
#include "engine/step_sources.hpp"

namespace faultline {
namespace {

constexpr std::size_t kReportEvery = 16'384;

struct Totals {
  Nanos length{};
  std::map<std::int64_t, std::array<std::optional<double>, 2>> by_begin;
};

Diagnostic bad_totals(const InstrumentId& id, Errc code, std::string note) {
  return Diagnostic{
      .code = code, .field = to_text(id) + " liquidation_total", .note = std::move(note)};
}

Outcome<Totals> read_totals(const Store& store, const InstrumentId& id) {
  Outcome<std::unique_ptr<ColumnReader>> reader =
      reader_if_recorded(store, id, EventKind::kLiquidationTotal, kAllTime);
  if (!reader) return reader.error();
  if (!*reader) return bad_totals(id, Errc::kNoData, "no totals of liquidations are recorded");
  Totals totals;
  ColumnBatch batch(EventKind::kLiquidationTotal);
  for (;;) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) return totals;
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      const Nanos length(batch.columns[1].values[row]);
      if (totals.length.value == 0) totals.length = length;
      if (totals.length != length) {
        return bad_totals(id, Errc::kBadRequest,
                          "totals of " + to_text(totals.length) + " and of " + to_text(length));
      }
      auto& sides = totals.by_begin[batch.columns[0].values[row]];
      for (const std::size_t side : {0U, 1U}) {
        const Column& column = batch.columns[2 + side];
        if (column.has(row)) sides[side] = to_double_approx(Notional(column.values[row]));
      }
    }
  }
}

Outcome<void> read_steps(StepBuilder& builder, const ProgressFn& report, SkillData& data) {
  MarketStep step;
  for (;;) {
    const Outcome<bool> more = builder.next(step);
    if (!more) return more.error();
    if (!*more) return {};
    if (data.steps.size() == kSkillStepsMax) {
      return Diagnostic{
          .code = Errc::kLimit,
          .field = "steps",
          .note = "more than " + std::to_string(kSkillStepsMax) + "; use longer ones"};
    }
    data.steps.push_back(step);
    const std::uint64_t count = data.steps.size();
    if (count % kReportEvery == 0 && !keep_going(report, {"steps", count, 0, count}))
      return Diagnostic{.code = Errc::kCancelled};
  }
}

void measure_path(std::span<const MarketStep> steps, SkillHour& hour) {
  double squares = 0.0;
  double highest = hour.open;
  double lowest = hour.open;
  for (const MarketStep& step : steps) {
    const double move = std::log(step.close / step.open);
    squares += move * move;
    hour.drawdown = std::max(hour.drawdown, std::log(highest / step.low));
    hour.run_up = std::max(hour.run_up, std::log(step.high / lowest));
    highest = std::max(highest, step.high);
    lowest = std::min(lowest, step.low);
  }
  hour.realised_volatility = std::sqrt(squares);
}

void cut_hours(const Totals& totals, SkillData& data) {
  const auto known = std::ranges::find_if(
      data.steps, [](const MarketStep& step) { return step.has_open_interest; });
  auto first = static_cast<std::size_t>(known - data.steps.begin());
  while (first + data.steps_per_hour <= data.steps.size()) {
    if (data.steps[first].begin.value % data.hour_length.value != 0) {
      ++first;
      continue;
    }
    const auto begin = data.steps.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + static_cast<std::ptrdiff_t>(data.steps_per_hour);
    const bool is_whole =
        std::none_of(begin, end, [](const MarketStep& step) { return step.is_gap; });
    if (is_whole) {
      SkillHour hour = make_skill_hour(data, first);
      const auto total = totals.by_begin.find(hour.begin.value);
      if (total != totals.by_begin.end()) hour.liquidated_usd = total->second;
      data.hours.push_back(hour);
    }
    first += data.steps_per_hour;
  }
}

// In native units; absent where none is recorded.
Outcome<std::optional<double>> first_interest(const Store& store, const InstrumentId& id) {
  Outcome<std::unique_ptr<ColumnReader>> reader =
      reader_if_recorded(store, id, EventKind::kOpenInterest, kAllTime);
  if (!reader) return reader.error();
  ColumnBatch batch(EventKind::kOpenInterest);
  if (!*reader) return std::optional<double>();
  const Outcome<bool> more = (*reader)->next(batch);
  if (!more) return more.error();
  if (!*more) return std::optional<double>();
  const Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return record.error();
  const Outcome<InstrumentSpec> spec =
      spec_of_row(record->specs, UnixNanos(batch.columns[0].values[0]));
  if (!spec) return spec.error();
  return std::optional(native_units_approx(Qty(batch.columns[1].values[0]), *spec));
}

}  // namespace

SkillHour make_skill_hour(const SkillData& data, std::size_t first) {
  FAULTLINE_CHECK(first + data.steps_per_hour <= data.steps.size());
  const std::span<const MarketStep> steps(data.steps.data() + first, data.steps_per_hour);
  SkillHour hour{.begin = steps.front().begin,
                 .first_step = first,
                 .open = steps.front().open,
                 .high = steps.front().high,
                 .low = steps.front().low,
                 .close = steps.back().close,
                 .oi_begin = steps.front().oi_begin,
                 .oi_end = steps.back().oi_end};
  for (const MarketStep& step : steps) {
    hour.high = std::max(hour.high, step.high);
    hour.low = std::min(hour.low, step.low);
    hour.volume += step.volume;
  }
  measure_path(steps, hour);
  return hour;
}

Outcome<SkillData> load_skill_data(const Store& store, const SkillRequest& request,
                                   const ProgressFn& report) {
  const Outcome<Totals> totals = read_totals(store, request.liquidations);
  if (!totals) return totals.error();
  const Outcome<std::optional<double>> interest = first_interest(store, request.instrument);
  if (!interest) return interest.error();
  Outcome<OpenedSteps> opened =
      open_steps(store, request.instrument, {.assumed_open_interest = *interest});
  if (!opened) return opened.error();
  if (opened->spec.kind == ContractKind::kInverse) {
    return Diagnostic{.code = Errc::kBadRequest,
                      .field = to_text(request.instrument),
                      .note = "the study is for linear contracts"};
  }
  SkillData data{.spec = opened->spec,
                 .step_length = opened->length,
                 .hour_length = totals->length,
                 .steps = {},
                 .hours = {}};
  if (data.hour_length.value <= 0 || data.hour_length.value % data.step_length.value != 0) {
    return bad_totals(request.liquidations, Errc::kBadRequest,
                      "totals of " + to_text(data.hour_length) +
                          " are no whole number of steps of " + to_text(data.step_length));
  }
  data.steps_per_hour = static_cast<std::size_t>(data.hour_length.value / data.step_length.value);
  if (const Outcome<void> done = read_steps(opened->steps, report, data); !done)
    return done.error();
  cut_hours(*totals, data);
  if (data.hours.empty()) {
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(request.instrument),
                      .note = "no whole interval with prices and open interest"};
  }
  return data;
}

}  // namespace faultline
