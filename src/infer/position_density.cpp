#include "infer/position_density.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace faultline {
namespace {

constexpr double kScaleMin = 1e-12;  // below it cells are multiplied out
constexpr double kIdentityTolerance = 1e-3;
constexpr double kRoundingTolerance =
    1e-10;  // a smaller difference from the identity is rounding, not a flow
constexpr double kEverythingCloses = 800.0;  // exp(−800) is 0
constexpr double kKernelTolerance = 1e-6;    // of its sum
constexpr int kNewtonMax = 200;
constexpr double kNewtonTolerance = 1e-14;
constexpr std::array kSides{Side::kLong, Side::kShort};

// kappa >= 0 with sum_c stock_c · exp(−kappa·hazard_c) = target. Newton on the logarithm of the
// sum, which is convex and falls: from 0 the iterates rise to the root and never pass it.
// Requires: 0 <= target <= sum of stock, hazards > 0.
double closing_pressure(const std::array<double, kPatienceClasses>& stock,
                        const std::array<double, kPatienceClasses>& hazard, double target) {
  if (target <= 0.0) return kEverythingCloses / std::ranges::min(hazard);
  double kappa = 0.0;
  for (int i = 0; i < kNewtonMax; ++i) {
    double left = 0.0;
    double slope = 0.0;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const double part = stock[c] * std::exp(-kappa * hazard[c]);
      left += part;
      slope += part * hazard[c];
    }
    const double step = std::log(left / target) * left / slope;
    if (!(step > kNewtonTolerance * kappa)) break;
    kappa += step;
  }
  return kappa;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

MemberParameters central_member(const DensityConfig& config, const DistanceGrid& grid) {
  return MemberParameters{.churn = config.churn,
                          .close_split = config.close_split,
                          .close_response = config.close_response,
                          .closing_per_day = config.closing_per_day,
                          .entry_weights = config.entry_weights,
                          .kernel = mixed_kernel(grid, config.kernel)};
}

PositionDensity::PositionDensity(const DensityConfig& config, std::vector<MemberParameters> members)
    : config_(config),
      grid_(config.distance_min, config.distance_max, config.distance_bins),
      members_(std::move(members)),
      splits_(std::max<std::size_t>(members_.size(), 1)),
      isolated_(isolated_shares(grid_, config.kernel)) {
  FAULTLINE_CHECK(config_.entry_bin > 0.0 && config_.entry_bin <= 0.01);
  if (members_.empty()) members_.push_back(central_member(config_, grid_));
  for (const MemberParameters& member : members_) FAULTLINE_CHECK(is_usable(member));
  rows_.resize(2 * grid_.size());
  const std::size_t totals = 2 * kPatienceClasses * members_.size();
  scale_.assign(totals, 1.0);
  stock_.assign(totals, 0.0);
  never_.assign(totals, 0.0);
  given_up_.assign(rows_.size() * kPatienceClasses * members_.size(), 0.0);
  swept_.assign(totals, 0.0);
  swept_quote_.assign(2 * members_.size(), 0.0);
  swept_rows_.assign(2 * grid_.size() * members_.size(), 0.0);
  flows_.resize(members_.size());
  ledgers_.resize(members_.size());
  excess_.resize(members_.size());
  amount_.resize(kPatienceClasses * members_.size());
  unit_.resize(amount_.size());
  value_.resize(members_.size());
  factor_.resize(members_.size());
  boxes_.resize(grid_.size());
  waiting_amount_.assign(totals * kWaitingPoints, 0.0);
  lay_out_kernels();
}

bool PositionDensity::is_usable(const MemberParameters& member) const {
  const double sum = std::accumulate(member.kernel.begin(), member.kernel.end(), 0.0);
  return member.kernel.size() == grid_.size() + 1 && std::abs(sum - 1.0) < kKernelTolerance &&
         std::ranges::min(member.kernel) >= 0.0 && std::ranges::min(member.closing_per_day) > 0.0 &&
         is_sound(member.close_response);
}

StepReport PositionDensity::advance(const MarketStep& step, const EntryPrices* entries) {
  const EntryPrices own{step.close, step.high, step.low};
  const EntryPrices& at = entries == nullptr ? own : *entries;
  FAULTLINE_CHECK(step.begin < step.end);
  FAULTLINE_CHECK(!is_started_ || step.begin >= last_end_);
  FAULTLINE_CHECK(step.low > 0.0 && step.low <= step.close && step.close <= step.high);
  FAULTLINE_CHECK(std::isfinite(step.high) && std::isfinite(step.funding_rate));
  shift_by_funding(step);
  cover(std::log(std::min({step.low, step.open, at.low})),
        std::log(std::max({step.high, step.open, at.high})));
  if (!is_started_) start(step);
  StepReport report;
  std::ranges::fill(swept_, 0.0);
  std::ranges::fill(swept_quote_, 0.0);
  std::ranges::fill(swept_rows_, 0.0);
  sweep(Side::kLong, std::log(step.low), report);
  sweep(Side::kShort, std::log(step.high), report);
  compute_flows(step, report);
  for (const Side side : kSides) {
    close(side, step, report);
    open(side, at, report);
  }
  open_interest_ = step.oi_end;
  last_end_ = step.end;
  check_identity();
  return report;
}

// The stock of the first step: where it was opened is not known, so it stands at the first price,
// with the mix of classes that constant opening and closing would leave.
void PositionDensity::start(const MarketStep& step) {
  is_started_ = true;
  open_interest_ = step.oi_begin;
  const std::size_t members = members_.size();
  for (std::size_t m = 0; m < members; ++m) {
    const MemberParameters& member = members_[m];
    double sum = 0.0;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      sum += member.entry_weights[c] / member.closing_per_day[c];
    }
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const double share = member.entry_weights[c] / member.closing_per_day[c] / sum;
      amount_[c * members + m] = share * step.oi_begin;
    }
  }
  for (const Side side : kSides) deposit(Entry{side, std::log(step.open), amount_});
}

// Longs pay: the wallet of an isolated position shrinks by f·p per unit, so its liquidation price
// rises by f·p/(1 − s·m); in log price the shift grows with p/p_liq = exp(s·delta).
void PositionDensity::shift_by_funding(const MarketStep& step) {
  if (step.funding_rate == 0.0 || !is_started_) return;
  for (const Side side : kSides) {
    flush(side);
    const double s = sign(side);
    for (std::size_t j = 0; j < grid_.size(); ++j) {
      const double ratio = std::exp(s * grid_.delta_mid(side, j));
      rows_[row_index(side, j)].shift +=
          isolated_[j] * step.funding_rate * ratio / (1.0 - s * config_.maintenance_rate);
    }
  }
}

// Removes every bin whose middle is liquidated when the price reaches `log_extreme`. Whole bins, so
// that reaching the same price twice removes nothing twice; the rows' differing offsets keep the
// frontier unbiased.
void PositionDensity::sweep(Side side, double log_extreme, StepReport& report) {
  flush_where_reached(side, log_extreme);
  const double s = sign(side);
  for (std::size_t j = 0; j < grid_.size(); ++j) {
    Row& row = rows_[row_index(side, j)];
    if (row.low >= row.high) continue;
    const double u = log_extreme + s * grid_.delta_mid(side, j) - row.shift;
    const double at = (u - u_begin_) / config_.entry_bin - 0.5;
    if (side == Side::kLong) {
      const double first_real = std::max(std::ceil(at), static_cast<double>(row.low));
      if (first_real >= static_cast<double>(row.high)) continue;
      const auto first = static_cast<std::size_t>(first_real);
      sweep_bins(side, j, first, row.high);
      row.high = first;
    } else {
      const double last_real = std::min(std::floor(at) + 1.0, static_cast<double>(row.high));
      if (last_real <= static_cast<double>(row.low)) continue;
      const auto last = static_cast<std::size_t>(last_real);
      sweep_bins(side, j, row.low, last);
      row.low = last;
    }
  }
  const std::size_t members = members_.size();
  const auto totals =
      std::span(swept_).subspan(total_index(side, 0, 0), kPatienceClasses * members);
  const auto quotes = std::span(swept_quote_).subspan(index_of(side) * members, members);
  report.swept[index_of(side)] = mean_of(totals) * static_cast<double>(kPatienceClasses);
  report.swept_quote[index_of(side)] = mean_of(quotes);
}

void PositionDensity::sweep_bins(Side side, std::size_t j, std::size_t first, std::size_t last) {
  const std::size_t members = members_.size();
  const std::size_t row = row_index(side, j);
  const double to_price = -sign(side) * grid_.delta_mid(side, j) + rows_[row].shift + u_begin_;
  double* quote = swept_quote_.data() + index_of(side) * members;
  std::ranges::fill(value_, 0.0);
  for (std::size_t bin = first; bin < last; ++bin) {
    const double price = std::exp(to_price + (static_cast<double>(bin) + 0.5) * config_.entry_bin);
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      float* cell = mass_.data() + cell_index(row, c, bin);
      const std::size_t total = total_index(side, c, 0);
      for (std::size_t m = 0; m < members; ++m) {
        const double amount = static_cast<double>(cell[m]) * scale_[total + m];
        cell[m] = 0.0F;
        swept_[total + m] += amount;
        quote[m] += amount * price;
        value_[m] += amount;
      }
    }
  }
  std::ranges::copy(value_, swept_rows_.begin() + static_cast<std::ptrdiff_t>(row * members));
}

void PositionDensity::compute_flows(const MarketStep& step, StepReport& report) {
  splits_.begin_step(step, open_interest_);
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const MemberParameters& member = members_[m];
    flows_[m] = ledgers_[m].advance(
        {.volume = step.volume,
         .oi_begin = open_interest_,
         .oi_end = step.oi_end,
         .churn = member.churn,
         .close_split = splits_.advance(m, member.close_split, member.close_response)});
    report.oi_exceeds_volume = flows_[m].oi_exceeds_volume;
  }
}

// After the sweep, closes by choice take the side down to oi_end − opened; the rest of the identity
// leaves no freedom.
void PositionDensity::close(Side side, const MarketStep& step, StepReport& report) {
  const std::size_t members = members_.size();
  const double days =
      static_cast<double>((step.end - step.begin).value) / static_cast<double>(kDay.value);
  std::ranges::fill(excess_, 0.0);
  std::array<double, kPatienceClasses> before{};
  std::array<double, kPatienceClasses> after{};
  for (std::size_t m = 0; m < members; ++m) {
    std::array<double, kPatienceClasses> stock{};
    std::array<double, kPatienceClasses> hazard{};
    double sum = 0.0;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const std::size_t total = total_index(side, c, m);
      stock_[total] = std::max(stock_[total] - swept_[total], 0.0);
      stock[c] = stock_[total];
      hazard[c] = members_[m].closing_per_day[c] * days;
      sum += stock[c];
      before[c] += stock[c];
      after[c] += stock[c];
    }
    const double target = std::max(step.oi_end - flows_[m].opened[index_of(side)], 0.0);
    if (std::abs(sum - target) <= kRoundingTolerance * target) continue;
    if (sum < target) {
      excess_[m] = target - sum;
      continue;
    }
    const double kappa = closing_pressure(stock, hazard, target);
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const double kept = std::exp(-kappa * hazard[c]);
      const std::size_t total = total_index(side, c, m);
      scale_[total] *= kept;
      stock_[total] *= kept;
      after[c] += stock_[total] - stock[c];
      never_[total] *= kept;
    }
    report.closed[index_of(side)] += (sum - target) / static_cast<double>(members);
    report.pressure[index_of(side)] += kappa / static_cast<double>(members);
  }
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    if (after[c] > 0.0) kept_log_[index_of(side)][c] += std::log(after[c] / before[c]);
  }
  // Before anything is deposited: a step that closes nearly everything leaves scales that no cell
  // could be divided by.
  rescale_where_small(side);
  if (std::ranges::any_of(excess_, [](double value) { return value > 0.0; })) {
    return_excess(side, step, report);
  }
}

// More was crossed than the identity allows to have closed: the excess had its liquidation price
// elsewhere, so it comes back beyond the extreme of the step.
void PositionDensity::return_excess(Side side, const MarketStep& step, StepReport& report) {
  const std::size_t members = members_.size();
  for (std::size_t m = 0; m < members; ++m) {
    double swept = 0.0;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) swept += swept_[total_index(side, c, m)];
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const double share =
          swept > 0.0 ? swept_[total_index(side, c, m)] / swept : members_[m].entry_weights[c];
      amount_[c * members + m] = excess_[m] * share;
    }
  }
  report.returned[index_of(side)] = mean_of(excess_);
  deposit_beyond(Entry{side, std::log(step.close), amount_},
                 std::log(side == Side::kLong ? step.low : step.high));
}

void PositionDensity::open(Side side, const EntryPrices& entries, StepReport& report) {
  const std::size_t members = members_.size();
  const std::array prices{entries.close, entries.high, entries.low};
  for (std::size_t at = 0; at < prices.size(); ++at) {
    bool any = false;
    for (std::size_t m = 0; m < members; ++m) {
      const double opened = flows_[m].opened[index_of(side)] * config_.entry_at[at];
      any = any || opened > 0.0;
      for (std::size_t c = 0; c < kPatienceClasses; ++c) {
        amount_[c * members + m] = opened * members_[m].entry_weights[c];
      }
    }
    if (any) deposit(Entry{side, std::log(prices[at]), amount_});
  }
  for (const StepFlows& flow : flows_) {
    report.opened[index_of(side)] += flow.opened[index_of(side)] / static_cast<double>(members);
  }
}

void PositionDensity::rescale_where_small(Side side) {
  const std::size_t members = members_.size();
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    for (std::size_t m = 0; m < members; ++m) {
      double& scale = scale_[total_index(side, c, m)];
      if (scale > kScaleMin) continue;
      for (std::size_t k = waiting_[index_of(side)].low; k < waiting_[index_of(side)].high; ++k)
        waiting_amount_[waiting_index(side, c, k) + m] *= scale;
      const auto factor = static_cast<float>(scale);
      for (std::size_t j = 0; j < grid_.size(); ++j) {
        const Row& row = rows_[row_index(side, j)];
        given_up_[given_up_index(row_index(side, j), c) + m] *= scale;
        for (std::size_t bin = row.low; bin < row.high; ++bin) {
          mass_[cell_index(row_index(side, j), c, bin) + m] *= factor;
        }
      }
      scale = 1.0;
    }
  }
}

void PositionDensity::check_identity() const {
  for (const Side side : kSides) {
    for (std::size_t m = 0; m < members_.size(); ++m) {
      const double difference = std::abs(member_stock(side, m) - open_interest_);
      FAULTLINE_CHECK(difference <= kIdentityTolerance * open_interest_ + 1e-9);
    }
  }
}

double PositionDensity::member_stock(Side side, std::size_t m) const {
  double sum = 0.0;
  for (std::size_t c = 0; c < kPatienceClasses; ++c) sum += stock_[total_index(side, c, m)];
  return sum;
}

double PositionDensity::stock(Side side) const {
  double sum = 0.0;
  for (std::size_t m = 0; m < members_.size(); ++m) sum += member_stock(side, m);
  return sum / static_cast<double>(members_.size());
}

double PositionDensity::never(Side side) const {
  double sum = 0.0;
  for (std::size_t m = 0; m < members_.size(); ++m) sum += never(side, m);
  return sum / static_cast<double>(members_.size());
}

}  // namespace faultline
