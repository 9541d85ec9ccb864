#include "study/recovery_maps.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/check.hpp"
#include "core/time_text.hpp"
#include "engine/map_plan.hpp"
#include "engine/step_sources.hpp"
#include "engine/venue_run.hpp"
#include "store/store.hpp"
#include "study/map_sweeps.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr double kReach = kRecoveryBin * static_cast<double>(kRecoveryBinCount);

ProfileGrid grid_of(Side side, double mark) {
  return {.log_begin = std::log(mark) - (side == Side::kLong ? kReach : 0.0),
          .row_log = kRecoveryBin,
          .row_count = kRecoveryBinCount};
}

// Rows are by price, bins from the mark outward.
std::size_t row_of_bin(Side side, std::size_t bin) {
  return side == Side::kLong ? kRecoveryBinCount - 1 - bin : bin;
}

// USD by member of one venue: [side][bin · members + member].
struct MemberBins {
  std::vector<double> weights;
  std::array<std::vector<double>, 2> usd;
};

MemberBins member_bins(const DensityFilter& filter, double mark) {
  MemberBins out;
  out.weights.assign(filter.weights().begin(), filter.weights().end());
  const std::size_t members = out.weights.size();
  const double unit = unit_notional_approx(mark, filter.spec());
  for (const Side side : kSides) {
    const MemberProfiles rows = filter.density().profiles(side, grid_of(side, mark));
    std::vector<double>& usd = out.usd[index_of(side)];
    for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin) {
      for (std::size_t m = 0; m < members; ++m)
        usd.push_back(unit * rows.rows[row_of_bin(side, bin) * members + m]);
    }
  }
  return out;
}

// Members in equal parts, shuffled: what one venue's k-th draw is has nothing to do with another's.
MemberBins in_equal_parts(const MemberBins& venue, Rng rng) {
  const std::size_t count = venue.weights.size();
  std::vector<std::size_t> slots;
  double upto = venue.weights[0];
  for (std::size_t k = 0, member = 0; k < count; ++k) {
    const double at = (static_cast<double>(k) + 0.5) / static_cast<double>(count);
    while (upto < at && member + 1 < count) upto += venue.weights[++member];
    slots.push_back(member);
  }
  for (std::size_t k = count; k > 1; --k) std::swap(slots[k - 1], slots[rng.below(k)]);
  MemberBins out;
  out.weights.assign(count, 1.0 / static_cast<double>(count));
  for (const std::size_t s : {0U, 1U}) {
    for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin) {
      for (const std::size_t slot : slots) out.usd[s].push_back(venue.usd[s][bin * count + slot]);
    }
  }
  return out;
}

// One venue keeps its weights; several are paired at random, as in map/ensemble_column.hpp.
MemberBins sum_of(const std::vector<MemberBins>& venues, const Rng& pairing) {
  if (venues.size() == 1) return venues.front();
  MemberBins sum = in_equal_parts(venues.front(), pairing.stream("venue", 0));
  for (std::size_t v = 1; v < venues.size(); ++v) {
    const MemberBins other = in_equal_parts(venues[v], pairing.stream("venue", v));
    for (const std::size_t s : {0U, 1U}) {
      for (std::size_t i = 0; i < sum.usd[s].size(); ++i) sum.usd[s][i] += other.usd[s][i];
    }
  }
  return sum;
}

void add_means(const MemberBins& venue, RecoverySides& mean) {
  const std::size_t members = venue.weights.size();
  for (const std::size_t s : {0U, 1U}) {
    for (std::size_t i = 0; i < venue.usd[s].size(); ++i)
      mean[s][i / members] += venue.weights[i % members] * venue.usd[s][i];
  }
}

// At each level the smallest value at which the weight of all up to it reaches the level.
RecoveryBand band_of(const MemberBins& bins) {
  const std::size_t members = bins.weights.size();
  RecoveryBand band{};
  std::vector<std::pair<double, double>> sorted(members);  // USD, weight
  for (const std::size_t s : {0U, 1U}) {
    for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin) {
      for (std::size_t m = 0; m < members; ++m)
        sorted[m] = {bins.usd[s][bin * members + m], bins.weights[m]};
      std::ranges::sort(sorted);
      std::size_t at = 0;
      double upto = sorted[0].second;
      for (std::size_t level = 0; level < kRecoveryLevels.size(); ++level) {
        while (upto < kRecoveryLevels[level] && at + 1 < members) upto += sorted[++at].second;
        band[level][s][bin] = sorted[at].first;
      }
    }
  }
  return band;
}

MapRequest map_request(const RecoveryMaps& request) {
  MapRequest out;
  out.instrument = request.instruments.front().id;
  for (std::size_t v = 1; v < request.instruments.size(); ++v)
    out.also.push_back(request.instruments[v].id);
  out.column_interval = kHour;
  out.filter.members = request.members;
  out.seed = request.seed;
  return out;
}

Outcome<std::vector<MarketStep>> steps_of(const Store& store, const InstrumentId& id,
                                          const ProgressFn& report) {
  Outcome<OpenedSteps> opened = open_steps(store, id, {});
  if (!opened) return opened.error();
  std::vector<MarketStep> steps;
  MarketStep step;
  for (;;) {
    const Outcome<bool> more = opened->steps.next(step);
    if (!more) return more.error();
    if (!*more) return steps;
    steps.push_back(step);
    if (steps.size() % 1'024 == 0 && !keep_going(report, {.what = "steps", .done = steps.size()}))
      return Diagnostic{.code = Errc::kCancelled};
  }
}

// The step that begins at each time. Errors: kNoData.
Outcome<std::vector<std::size_t>> steps_at(const std::vector<MarketStep>& steps,
                                           std::span<const UnixNanos> times) {
  std::vector<std::size_t> out;
  for (const UnixNanos time : times) {
    const auto found = std::ranges::lower_bound(steps, time, {}, &MarketStep::begin);
    if (found == steps.end() || found->begin != time)
      return Diagnostic{.code = Errc::kNoData, .note = "no step begins at " + to_text(time)};
    out.push_back(static_cast<std::size_t>(found - steps.begin()));
  }
  return out;
}

// The same weight in every box of the grid, nothing beyond it, and nothing is learnt.
void add_flat_kernel(const std::vector<MarketStep>& steps, const std::vector<std::size_t>& at,
                     const RecoveryMaps& request, const InstrumentSpec& spec,
                     std::vector<RecoverySides>& out) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  MemberParameters member = central_member(config, grid);
  std::ranges::fill(member.kernel, 1.0 / static_cast<double>(grid.size()));
  member.kernel.back() = 0.0;
  PositionDensity density(config, {member});
  std::size_t next = 0;
  for (std::size_t k = 0; k < steps.size() && next < at.size(); ++k) {
    if (k == at[next]) {
      const double mark = request.at.marks[next];
      for (const Side side : kSides) {
        Profile profile;
        density.add_profile(side, 0, grid_of(side, mark), profile);
        for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin)
          out[next][index_of(side)][bin] +=
              unit_notional_approx(mark, spec) * profile.rows[row_of_bin(side, bin)];
      }
      ++next;
    }
    density.advance(steps[k]);
  }
}

void add_sweeps(const SkillData& data, BaselineMap map, const RecoveryMaps& request,
                std::vector<RecoverySides>& out) {
  const MapSweeps sweeps = sweep_baseline(data, map);
  for (std::size_t k = 0; k < sweeps.hours.size(); ++k) {
    const double unit = unit_notional_approx(request.at.marks[k], data.spec);
    for (const Side side : kSides) {
      for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin) {
        const double near = kRecoveryBin * static_cast<double>(bin);
        out[k][index_of(side)][bin] +=
            unit * (mass_within(sweeps.hours[k], side, near + kRecoveryBin) -
                    mass_within(sweeps.hours[k], side, near));
      }
    }
  }
}

}  // namespace

BinEstimate estimate_bins(std::span<const DensityFilter* const> venues, double mark,
                          const Rng& pairing) {
  FAULTLINE_CHECK(!venues.empty());
  BinEstimate out;
  std::vector<MemberBins> bins;
  for (const DensityFilter* filter : venues) {
    bins.push_back(member_bins(*filter, mark));
    add_means(bins.back(), out.mean);
  }
  out.band = band_of(sum_of(bins, pairing));
  return out;
}

Outcome<RecoveryEstimate> estimate_recovery(const RecoveryMaps& request, const ProgressFn& report) {
  const Outcome<std::unique_ptr<Store>> store = Store::open(request.store_folder, StoreMode::kRead);
  if (!store) return store.error();
  const MapRequest map = map_request(request);
  const Outcome<MapPlan> plan = plan_map(**store, map);
  if (!plan) return plan.error();
  std::vector<VenueRun> runs;
  for (std::size_t v = 0; v < plan->venues.size(); ++v) {
    Outcome<VenueRun> run = VenueRun::open(**store, map, *plan, v);
    if (!run) return run.error();
    runs.push_back(std::move(run).value());
  }
  RecoveryEstimate out;
  for (std::size_t k = 0; k < request.at.times.size(); ++k) {
    std::vector<const DensityFilter*> venues;
    for (VenueRun& run : runs) {
      // In pieces of an hour, so that the way to the first time can be cancelled.
      UnixNanos until = run.reached().value_or(plan->first_price);
      while (until < request.at.times[k]) {
        until = std::min(request.at.times[k], until + kHour);
        if (const Outcome<void> done = run.advance_to(until); !done) return done.error();
        if (!keep_going(report, {.what = "map", .done = k, .total = request.at.times.size()}))
          return Diagnostic{.code = Errc::kCancelled};
      }
      if (!run.reached() || *run.reached() != request.at.times[k])
        return Diagnostic{.code = Errc::kNoData,
                          .field = to_text(run.filter().spec().id),
                          .note = "no step ends at " + to_text(request.at.times[k])};
      venues.push_back(&run.filter());
    }
    const BinEstimate bins = estimate_bins(venues, request.at.marks[k], Rng(request.seed));
    out.mean.push_back(bins.mean);
    out.band.push_back(bins.band);
  }
  return out;
}

Outcome<std::vector<std::vector<RecoverySides>>> recovery_baselines(const RecoveryMaps& request,
                                                                    const ProgressFn& report) {
  const Outcome<std::unique_ptr<Store>> store = Store::open(request.store_folder, StoreMode::kRead);
  if (!store) return store.error();
  constexpr std::array kSweeps{BaselineMap::kFixedLeverage, BaselineMap::kKernelInterest,
                               BaselineMap::kConstantOpenings};
  std::vector<std::vector<RecoverySides>> out(1 + kSweeps.size(),
                                              std::vector<RecoverySides>(request.at.times.size()));
  for (const InstrumentSpec& spec : request.instruments) {
    Outcome<std::vector<MarketStep>> steps = steps_of(**store, spec.id, report);
    if (!steps) return steps.error();
    const Outcome<std::vector<std::size_t>> at = steps_at(*steps, request.at.times);
    if (!at) return at.error();
    add_flat_kernel(*steps, *at, request, spec, out[0]);
    SkillData data{.spec = spec,
                   .step_length = steps->front().end - steps->front().begin,
                   .hour_length = kHour,
                   .steps = std::move(steps).value(),
                   .hours = {}};
    data.steps_per_hour = static_cast<std::size_t>(data.hour_length.value / data.step_length.value);
    for (const std::size_t first : *at) data.hours.push_back(make_skill_hour(data, first));
    for (std::size_t i = 0; i < kSweeps.size(); ++i)
      add_sweeps(data, kSweeps[i], request, out[i + 1]);
  }
  return out;
}

}  // namespace faultline
