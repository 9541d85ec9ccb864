// What can be seen of a density without changing it: profiles, totals, its digest.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "infer/position_density.hpp"

namespace faultline {

std::vector<double> PositionDensity::mass_by_distance(Side side) const {
  std::vector<double> out;
  const std::vector<double> waiting = waiting_sums(side);
  RowMass row;
  for (std::size_t j = 0; j < grid_.size(); ++j) {
    read_row(side, j, waiting, row);
    out.push_back(std::accumulate(row.mass.begin(), row.mass.end(), 0.0) /
                  static_cast<double>(members_.size()));
  }
  return out;
}

double PositionDensity::recounted_stock(Side side) const {
  const std::vector<double> mass = mass_by_distance(side);
  return std::accumulate(mass.begin(), mass.end(), never(side));
}

void PositionDensity::add_profile(Side side, std::size_t member, const ProfileGrid& target,
                                  Profile& out) const {
  const std::size_t members = members_.size();
  const double s = sign(side);
  FAULTLINE_CHECK(member < members);
  // Rows are first added up at the bins' own width, each with its own offset split linearly, then
  // grouped.
  const auto group = static_cast<std::size_t>(bins_in_row(target));
  const std::size_t fine_count = target.row_count * group;
  std::vector<double> fine(fine_count, 0.0);
  const std::vector<double> waiting = waiting_sums(side);
  RowMass row;
  std::vector<double> line;
  for (std::size_t j = 0; j < grid_.size(); ++j) {
    read_row(side, j, waiting, row);
    if (row.low >= row.high) continue;
    line.resize(row.high - row.low);
    for (std::size_t i = 0; i < line.size(); ++i) line[i] = row.mass[i * members + member];
    const double x_low = u_begin_ + static_cast<double>(row.low) * config_.entry_bin -
                         s * grid_.delta_mid(side, j) + rows_[row_index(side, j)].shift;
    add_line(line, (x_low - target.log_begin) / config_.entry_bin, fine, out);
  }
  out.rows.resize(target.row_count, 0.0);
  for (std::size_t i = 0; i < fine_count; ++i) out.rows[i / group] += fine[i];
}

// Adds `line`, whose first bin begins at the real position `at`, to `fine`; what falls outside goes
// to below or above.
void PositionDensity::add_line(std::span<const double> line, double at, std::span<double> fine,
                               Profile& out) {
  const double whole = std::floor(at);
  const double into_next = at - whole;
  auto index = static_cast<std::int64_t>(whole);
  const auto end = static_cast<std::int64_t>(fine.size());
  const std::int64_t skip =
      std::clamp<std::int64_t>(-index, 0, static_cast<std::int64_t>(line.size()));
  std::size_t i = 0;
  for (; i < static_cast<std::size_t>(skip); ++i, ++index) {
    const bool touches = index == -1;
    out.below += line[i] * (touches ? 1.0 - into_next : 1.0);
    if (touches) fine[0] += line[i] * into_next;
  }
  for (; i < line.size() && index + 1 < end; ++i, ++index) {
    fine[static_cast<std::size_t>(index)] += line[i] * (1.0 - into_next);
    fine[static_cast<std::size_t>(index) + 1] += line[i] * into_next;
  }
  for (; i < line.size(); ++i, ++index) {
    const bool touches = index + 1 == end;
    if (touches) fine[static_cast<std::size_t>(index)] += line[i] * (1.0 - into_next);
    out.above += line[i] * (touches ? into_next : 1.0);
  }
}

std::int64_t PositionDensity::bins_in_row(const ProfileGrid& target) const {
  const double bins = target.row_log / config_.entry_bin;
  FAULTLINE_CHECK(std::abs(bins - std::round(bins)) < 1e-6);
  return std::llround(bins);
}

PositionDensity::Place PositionDensity::place_of(Side side, std::size_t j,
                                                 const ProfileGrid& target) const {
  const double x_low = u_begin_ - sign(side) * grid_.delta_mid(side, j) +
                       rows_[row_index(side, j)].shift - target.log_begin;
  const double at = x_low / config_.entry_bin;
  return {static_cast<std::int64_t>(std::floor(at)), at - std::floor(at)};
}

MemberProfiles PositionDensity::profiles(Side side, const ProfileGrid& target) const {
  const std::size_t members = members_.size();
  MemberProfiles out;
  if (members == 1) {
    Profile one;
    add_profile(side, 0, target, one);
    return {std::move(one.rows), {one.below}, {one.above}};
  }
  const std::int64_t group = bins_in_row(target);
  const auto fine_count = static_cast<std::int64_t>(target.row_count) * group;
  out.rows.assign(target.row_count * members, 0.0);
  out.below.assign(members, 0.0);
  out.above.assign(members, 0.0);
  // Where a fine position adds to: a row, or what lies outside.
  const auto slot = [&](std::int64_t index) {
    if (index < 0) return out.below.data();
    if (index >= fine_count) return out.above.data();
    return out.rows.data() + static_cast<std::size_t>(index / group) * members;
  };
  const std::vector<double> waiting = waiting_sums(side);
  RowMass row;
  for (std::size_t j = 0; j < grid_.size(); ++j) {
    read_row(side, j, waiting, row);
    const auto [first, into_next] = place_of(side, j, target);
    for (std::size_t bin = row.low; bin < row.high; ++bin) {
      const double* mass = row.mass.data() + (bin - row.low) * members;
      const std::int64_t index = first + static_cast<std::int64_t>(bin);
      double* here = slot(index);
      for (std::size_t m = 0; m < members; ++m) here[m] += mass[m] * (1.0 - into_next);
      double* next = slot(index + 1);
      for (std::size_t m = 0; m < members; ++m) next[m] += mass[m] * into_next;
    }
  }
  return out;
}

double PositionDensity::never(Side side, std::size_t member) const {
  double sum = 0.0;
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    double given_up = 0.0;
    for (std::size_t j = 0; j < grid_.size(); ++j)
      given_up += given_up_[given_up_index(row_index(side, j), c) + member];
    const std::size_t total = total_index(side, c, member);
    sum += never_[total] + given_up * scale_[total];
  }
  return sum;
}

double PositionDensity::swept_quote(Side side, std::size_t member) const {
  return swept_quote_[index_of(side) * members_.size() + member];
}

std::vector<double> PositionDensity::swept_unit(Side side,
                                                std::span<const double> member_weights) const {
  const std::size_t members = members_.size();
  FAULTLINE_CHECK(member_weights.size() == members);
  std::vector<double> unit(grid_.size(), 0.0);
  for (std::size_t j = 0; j < grid_.size(); ++j) {
    const double* swept = swept_rows_.data() + row_index(side, j) * members;
    const double* kernel = kernel_.data() + j * members;
    double mass = 0.0;
    double weight = 0.0;
    for (std::size_t m = 0; m < members; ++m) {
      mass += member_weights[m] * swept[m];
      weight += member_weights[m] * kernel[m];
    }
    // Below it a weight is a rounding of nothing.
    unit[j] = weight > 1e-25 ? mass / weight : 0.0;
  }
  return unit;
}

std::uint64_t PositionDensity::state_hash() const {
  Hash64 hash;
  hash.add_u64(bin_count_).add_double(u_begin_);
  for (const float cell : mass_) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &cell, sizeof bits);
    hash.add_u64(bits);
  }
  for (const double value : scale_) hash.add_double(value);
  for (const double value : stock_) hash.add_double(value);
  for (const double value : never_) hash.add_double(value);
  // Few densities give anything up.
  for (std::size_t i = 0; i < given_up_.size(); ++i) {
    if (given_up_[i] != 0.0) hash.add_u64(i).add_double(given_up_[i]);
  }
  for (const Row& row : rows_) hash.add_u64(row.low).add_u64(row.high).add_double(row.shift);
  for (const Waiting& waiting : waiting_)
    hash.add_u64(waiting.low).add_u64(waiting.high).add_double(waiting.log_begin);
  for (const FlowLedger& ledger : ledgers_) {
    for (const double value : ledger.state()) hash.add_double(value);
  }
  for (const double value : waiting_amount_) hash.add_double(value);
  for (const double value : swept_quote_) hash.add_double(value);
  for (const MemberParameters& member : members_) {
    hash.add_double(member.churn).add_double(member.close_split);
    const CloseSplitResponse& response = member.close_response;
    hash.add_double(response.half_life_hours).add_double(response.taker_imbalance);
    hash.add_double(response.step_return).add_double(response.interest_sign);
    for (const double value : member.closing_per_day) hash.add_double(value);
    for (const double value : member.entry_weights) hash.add_double(value);
    for (const double value : member.kernel) hash.add_double(value);
  }
  StateWriter splits;
  splits_.save(splits);
  hash.add_bytes(splits.take());
  hash.add_double(open_interest_).add_u64(static_cast<std::uint64_t>(last_end_.value));
  hash.add_u64(is_started_ ? 1 : 0);
  return hash.value();
}

std::size_t PositionDensity::memory_bytes() const {
  return mass_.size() * sizeof(float) + rows_.size() * sizeof(Row) +
         (scale_.size() + stock_.size() + never_.size() + given_up_.size() + swept_.size() +
          waiting_amount_.size()) *
             sizeof(double);
}

}  // namespace faultline
