#include "study/lab_experiment.hpp"

#include <algorithm>
#include <vector>

#include "base/check.hpp"
#include "engine/venue_run.hpp"
#include "lab/contract.hpp"
#include "lab/market.hpp"
#include "study/live_map.hpp"
#include "study/recovery_maps.hpp"
#include "study/recovery_oracle.hpp"

namespace faultline {
namespace {

constexpr std::size_t kLevelP10 = 1;  // of kRecoveryLevels
constexpr std::size_t kLevelP90 = 5;
static_assert(kRecoveryLevels[kLevelP10] == 0.1 && kRecoveryLevels[kLevelP90] == 0.9);

std::optional<double> relative_l1(const RecoverySides& mean, const RecoverySides& truth) {
  RecoveryHour hour;
  hour.truth = truth;
  const RecoveryPart part = recovery_metric("relative_l1_5").part(hour, {.map = &mean});
  return part.below > 0.0 ? std::optional(part.above / part.below) : std::nullopt;
}

}  // namespace

class LabExperiment::State {
 public:
  State(const Options& options, LabMarket market) : options_(options), market_(std::move(market)) {
    request_.instrument = market_.tapes().front()->instrument.id;
    request_.filter.members = options.members;
    request_.seed = options.seed;
    forced_seen_.assign(market_.tapes().size(), 0);
  }

  Outcome<void> warm_up(const ProgressFn& report) {
    const UnixNanos first = options_.market.begin + Nanos(2 * kMinute.value);
    if (Outcome<void> done = market_.advance_to(first, report); !done) return done;
    runs_ = live_runs(market_.tapes(), kMinute, request_);
    return {};
  }

  std::size_t hour_count() const {
    return static_cast<std::size_t>(options_.market.length.value / kHour.value);
  }
  std::size_t hours_done() const { return done_; }

  Outcome<ExperimentHour> next(const ProgressFn& report) {
    FAULTLINE_CHECK(done_ < hour_count());
    ExperimentHour hour;
    hour.time = options_.market.begin + Nanos(static_cast<std::int64_t>(done_ + 1) * kHour.value);
    // A second more: what is stamped with the hour must all be there.
    const UnixNanos upto = std::min(hour.time + Nanos(kSecond.value), market_.end());
    if (const Outcome<void> done = market_.advance_to(upto, report); !done) return done.error();
    for (VenueRun& run : runs_) {
      if (const Outcome<void> done = run.advance_to(hour.time); !done) return done.error();
      add_span(run.take_span(), hour);
    }
    add_truth(hour);
    std::vector<const DensityFilter*> filters;
    for (const VenueRun& run : runs_) filters.push_back(&run.filter());
    const BinEstimate estimate = estimate_bins(filters, hour.mark, Rng(options_.seed));
    hour.mean = estimate.mean;
    hour.p10 = estimate.band[kLevelP10];
    hour.p90 = estimate.band[kLevelP90];
    hour.relative_l1 = relative_l1(hour.mean, hour.truth);
    ++done_;
    return hour;
  }

 private:
  static void add_span(const ColumnSpan& span, ExperimentHour& hour) {
    if (!span.feed) return;
    for (const std::size_t s : {0U, 1U}) {
      hour.printed_usd[s] += span.feed->printed_usd[s];
      hour.expected_liquidation_usd[s] += span.feed->expected_liquidation_usd[s];
    }
  }

  void add_truth(ExperimentHour& hour) {
    const std::vector<const VenueTape*> tapes = market_.tapes();
    const ScoredTimes at = scored_times(*tapes.front(), {hour.time});
    hour.mark = at.marks.front();
    for (std::size_t v = 0; v < tapes.size(); ++v) {
      const TruePositions truth = true_positions_of(*tapes[v], at).front();
      for (const std::size_t s : {0U, 1U}) {
        for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin)
          hour.truth[s][bin] += truth.usd[s][bin];
      }
      hour.open_interest_usd += truth.all_usd[0];
      const LabContract contract = LabContract::of(tapes[v]->instrument).value();
      const std::vector<LiquidationRecord>& forced = tapes[v]->forced;
      for (; forced_seen_[v] < forced.size() && forced[forced_seen_[v]].time <= hour.time;
           ++forced_seen_[v]) {
        const LiquidationRecord& one = forced[forced_seen_[v]];
        hour.true_liquidated_usd[index_of(one.side)] += contract.usd_of_money(one.value, one.mark);
      }
    }
  }

  Options options_;
  LabMarket market_;
  MapRequest request_;
  std::vector<VenueRun> runs_;
  std::vector<std::size_t> forced_seen_;
  std::size_t done_ = 0;
};

Outcome<LabExperiment> LabExperiment::open(const Options& options, const ProgressFn& report) {
  if (options.market.length < kHour)
    return Diagnostic{.code = Errc::kBadRequest,
                      .field = "length_s",
                      .note = "an experiment is watched hour by hour: an hour is the least"};
  // A tape ends before its end: a minute more, so that the last hour has its mark and positions.
  MarketConfig config = options.market;
  config.length = config.length + kMinute;
  Outcome<LabMarket> market = LabMarket::open(config, live_map_source(kReaderMap));
  if (!market) return market.error();
  LabExperiment out(std::make_unique<State>(options, std::move(market).value()));
  if (const Outcome<void> done = out.state_->warm_up(report); !done) return done.error();
  return out;
}

LabExperiment::LabExperiment(std::unique_ptr<State> state) : state_(std::move(state)) {}
LabExperiment::LabExperiment(LabExperiment&&) noexcept = default;
LabExperiment& LabExperiment::operator=(LabExperiment&&) noexcept = default;
LabExperiment::~LabExperiment() = default;

std::size_t LabExperiment::hour_count() const { return state_->hour_count(); }
std::size_t LabExperiment::hours_done() const { return state_->hours_done(); }
Outcome<ExperimentHour> LabExperiment::next(const ProgressFn& report) {
  return state_->next(report);
}

}  // namespace faultline
