// A density's state as bytes and back, and the exchange of its members.
//
//   "FLDENS04"  config digest  members  bins  u_begin  last_end  open_interest  is_started
//   scale | stock | never | given up | swept_quote     doubles
//   rows (low, high, shift)                  2 x u64 and a double each
//   waiting by side (low, high, log_begin)   2 x u64 and a double each
//   waiting amounts                          doubles
//   ledgers of flows by member               2 doubles each
//   path of close splits                     doubles and a time (close_split.hpp)
//   member parameters                        doubles
//   cells                                    floats
//   digest of all before it                  u64

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "infer/position_density.hpp"
#include "infer/state_bytes.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kMagic = 0x3430534e45444c46ULL;  // "FLDENS04"
constexpr std::uint64_t kBinsMax = 1'000'000;
// What a checkpoint may say, so that nothing overflows later.
constexpr double kLogPriceMax = 100.0;
constexpr double kScaleMax = 1e60;
constexpr double kAmountMax = 1e33;       // sums of so much still fit a float
constexpr double kStockTolerance = 1e-3;  // of the open interest, as after every step
constexpr double kWeightTolerance = 1e-6;
constexpr std::size_t kLastEndAt = 40;  // of a checkpoint's bytes
constexpr double kWeightMin = 1e-25;    // below it cells have lost what they held
constexpr double kRatioMax = 1e3;  // what next to nothing says is not said a thousand times over

std::uint64_t digest_of(const DensityConfig& config) {
  Hash64 hash;
  hash.add_double(config.entry_bin).add_double(config.distance_min);
  hash.add_double(config.distance_max).add_u64(config.distance_bins);
  for (const double share : config.entry_at) hash.add_double(share);
  hash.add_double(config.maintenance_rate).add_double(config.kernel.cross_share);
  for (const KernelShape& shape : {config.kernel.cross, config.kernel.isolated})
    hash.add_double(shape.median).add_double(shape.sigma).add_double(shape.near_share);
  return hash.value();
}

bool is_amount(double value) { return value >= 0.0 && value <= kAmountMax; }

// Beyond what makes a member usable: what advance() relies on.
bool is_sound(const MemberParameters& member) {
  const auto& weights = member.entry_weights;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  return member.churn >= 0.0 && member.churn < 1.0 && member.close_split >= 0.0 &&
         member.close_split <= 1.0 && std::abs(sum - 1.0) < kWeightTolerance &&
         std::ranges::all_of(weights, is_amount) &&
         std::ranges::all_of(member.closing_per_day, is_amount);
}

std::size_t doubles_of_member(const DistanceGrid& grid) {
  return 2 + 4 + 2 * kPatienceClasses + grid.size() + 1;
}

void put_member(const MemberParameters& member, StateWriter& out) {
  out.put(member.churn);
  out.put(member.close_split);
  const CloseSplitResponse& response = member.close_response;
  for (const double value : {response.half_life_hours, response.taker_imbalance,
                             response.step_return, response.interest_sign})
    out.put(value);
  out.put_all(std::span<const double>(member.closing_per_day));
  out.put_all(std::span<const double>(member.entry_weights));
  out.put_all(std::span<const double>(member.kernel));
}

MemberParameters get_member(StateReader& in, const DistanceGrid& grid) {
  MemberParameters member;
  member.churn = in.get<double>();
  member.close_split = in.get<double>();
  CloseSplitResponse& response = member.close_response;
  for (double* value : {&response.half_life_hours, &response.taker_imbalance, &response.step_return,
                        &response.interest_sign})
    *value = in.get<double>();
  in.get_all(std::span<double>(member.closing_per_day));
  in.get_all(std::span<double>(member.entry_weights));
  member.kernel.resize(grid.size() + 1);
  in.get_all(std::span<double>(member.kernel));
  return member;
}

}  // namespace

std::vector<std::uint8_t> PositionDensity::checkpoint() const {
  StateWriter out;
  out.put(kMagic);
  out.put(digest_of(config_));
  out.put(static_cast<std::uint64_t>(members_.size()));
  out.put(static_cast<std::uint64_t>(bin_count_));
  out.put(u_begin_);
  out.put(last_end_.value);
  out.put(open_interest_);
  out.put(static_cast<std::uint64_t>(is_started_ ? 1 : 0));
  for (const auto* values : {&scale_, &stock_, &never_, &given_up_, &swept_quote_})
    out.put_all(std::span<const double>(*values));
  for (const Row& row : rows_) {
    out.put(static_cast<std::uint64_t>(row.low));
    out.put(static_cast<std::uint64_t>(row.high));
    out.put(row.shift);
  }
  for (const Waiting& waiting : waiting_) {
    out.put(static_cast<std::uint64_t>(waiting.low));
    out.put(static_cast<std::uint64_t>(waiting.high));
    out.put(waiting.log_begin);
  }
  out.put_all(std::span<const double>(waiting_amount_));
  for (const FlowLedger& ledger : ledgers_) out.put_all(std::span<const double>(ledger.state()));
  splits_.save(out);
  for (const MemberParameters& member : members_) put_member(member, out);
  out.put_all(std::span<const float>(mass_));
  return out.take_with_digest();
}

Result<void> PositionDensity::restore(std::span<const std::uint8_t> bytes, UnixNanos resumes_at) {
  StateReader in(bytes);
  if (in.get<std::uint64_t>() != kMagic) return Error{Errc::kBadFormat, 0};
  if (in.get<std::uint64_t>() != digest_of(config_)) return Error{Errc::kBadRequest, 8};
  const auto member_count = in.get<std::uint64_t>();
  const auto bin_count = in.get<std::uint64_t>();
  if (!in.has_all()) return Error{Errc::kTruncated, bytes.size()};
  if (member_count != members_.size()) return Error{Errc::kBadRequest, 16};
  if (bin_count > kBinsMax) return Error{Errc::kOutOfRange, 24};
  // Not a copy: the cells of this one would be held twice.
  PositionDensity fresh(config_, members_);
  const std::size_t cells = rows_.size() * kPatienceClasses * bin_count * member_count;
  const std::size_t doubles = 3 + scale_.size() + stock_.size() + never_.size() + given_up_.size() +
                              swept_quote_.size() + rows_.size() * 3 + waiting_.size() * 3 +
                              waiting_amount_.size() + splits_.state_doubles() +
                              member_count * (2 + doubles_of_member(grid_)) + 1;
  const std::size_t wanted = doubles * 8 + cells * sizeof(float) + 8;
  if (bytes.size() - in.at() != wanted) return Error{Errc::kTruncated, bytes.size()};
  if (!has_right_digest(bytes)) return Error{Errc::kCorrupt, bytes.size() - 8};
  fresh.bin_count_ = bin_count;
  fresh.u_begin_ = in.get<double>();
  fresh.last_end_ = UnixNanos(in.get<std::int64_t>());
  if (fresh.last_end_ > resumes_at) return Error{Errc::kOutOfRange, kLastEndAt};
  fresh.open_interest_ = in.get<double>();
  fresh.is_started_ = in.get<std::uint64_t>() != 0;
  for (auto* values :
       {&fresh.scale_, &fresh.stock_, &fresh.never_, &fresh.given_up_, &fresh.swept_quote_}) {
    in.get_all(std::span<double>(*values));
  }
  for (Row& row : fresh.rows_) {
    row.low = in.get<std::uint64_t>();
    row.high = in.get<std::uint64_t>();
    row.shift = in.get<double>();
  }
  for (Waiting& waiting : fresh.waiting_) {
    waiting.low = in.get<std::uint64_t>();
    waiting.high = in.get<std::uint64_t>();
    waiting.log_begin = in.get<double>();
  }
  in.get_all(std::span<double>(fresh.waiting_amount_));
  for (FlowLedger& ledger : fresh.ledgers_) {
    std::array<double, 2> state{};
    in.get_all(std::span<double>(state));
    if (!std::ranges::all_of(state, is_amount)) return Error{Errc::kOutOfRange, in.at()};
    ledger = FlowLedger::restore(state);
  }
  if (!fresh.splits_.load(in, fresh.last_end_)) return Error{Errc::kOutOfRange, in.at()};
  for (MemberParameters& member : fresh.members_) {
    member = get_member(in, grid_);
    if (!is_usable(member) || !is_sound(member)) return Error{Errc::kOutOfRange, in.at()};
  }
  fresh.lay_out_kernels();
  fresh.mass_.assign(cells, 0.0F);
  in.get_all(std::span<float>(fresh.mass_));
  const bool is_whole =
      fresh.has_sound_totals() && fresh.has_sound_rows() && fresh.has_waiting_within_bins();
  if (!is_whole) return Error{Errc::kOutOfRange, in.at()};
  *this = std::move(fresh);
  return {};
}

bool PositionDensity::has_sound_totals() const {
  const auto is_scale = [](double value) { return value > 0.0 && value <= kScaleMax; };
  if (!std::ranges::all_of(scale_, is_scale) || !is_amount(open_interest_)) return false;
  for (const auto* values : {&stock_, &never_, &given_up_, &swept_quote_})
    if (!std::ranges::all_of(*values, is_amount)) return false;
  for (const Side side : {Side::kLong, Side::kShort}) {
    for (std::size_t m = 0; m < members_.size(); ++m) {
      const double difference = std::abs(member_stock(side, m) - open_interest_);
      if (!(difference <= kStockTolerance * open_interest_ + 1e-9)) return false;
    }
  }
  return is_started_ || open_interest_ == 0.0;
}

bool PositionDensity::has_sound_rows() const {
  const double span = static_cast<double>(bin_count_) * config_.entry_bin;
  if (!(std::abs(u_begin_) <= kLogPriceMax && u_begin_ + span <= kLogPriceMax)) return false;
  const auto is_row = [&](const Row& row) {
    return row.low <= row.high && row.high <= bin_count_ && std::isfinite(row.shift);
  };
  if (!std::ranges::all_of(rows_, is_row)) return false;
  // The bins cover every row's shift (cover()).
  const auto [least, most] = std::ranges::minmax(rows_, {}, &Row::shift);
  if (std::max(most.shift, 0.0) - std::min(least.shift, 0.0) > span) return false;
  return std::ranges::all_of(mass_,
                             [](float cell) { return is_amount(static_cast<double>(cell)); });
}

// Whether a flush finds a bin for all that waits.
bool PositionDensity::has_waiting_within_bins() const {
  if (!std::ranges::all_of(waiting_amount_, is_amount)) return false;
  for (const Side side : {Side::kLong, Side::kShort}) {
    const Waiting& waiting = waiting_[index_of(side)];
    if (waiting.low > waiting.high || waiting.high > kWaitingPoints) return false;
    if (!(std::abs(waiting.log_begin) <= kLogPriceMax)) return false;
    if (waiting.is_empty()) continue;
    if (wide_first_ >= grid_.size()) return false;
    const double bin = config_.entry_bin;
    for (std::size_t j = wide_first_; j < grid_.size(); ++j) {
      const Box box =
          whole_box(side, j, waiting.log_begin + static_cast<double>(waiting.low) * bin);
      const double last = std::floor((box.u_high - u_begin_) / bin) +
                          static_cast<double>(waiting.high - waiting.low);
      if (box.u_low < u_begin_ || last > static_cast<double>(bin_count_)) return false;
    }
  }
  return true;
}

void PositionDensity::resample(std::span<const std::size_t> parents,
                               std::vector<MemberParameters> parameters) {
  const std::size_t members = members_.size();
  FAULTLINE_CHECK(parents.size() == members && parameters.size() == members);
  FAULTLINE_CHECK(std::ranges::all_of(parents, [&](std::size_t p) { return p < members; }));
  for (const MemberParameters& member : parameters) FAULTLINE_CHECK(is_usable(member));
  const auto move_lanes = [&](auto& values) {
    auto line = std::vector(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(members));
    for (std::size_t begin = 0; begin < values.size(); begin += members) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(begin), members, line.begin());
      for (std::size_t m = 0; m < members; ++m) values[begin + m] = line[parents[m]];
    }
  };
  // What waits has not met its kernel yet: it is the old one's.
  for (const Side side : {Side::kLong, Side::kShort}) flush(side);
  // Only occupied cells hold anything.
  std::vector<float> line(members);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      for (std::size_t bin = rows_[r].low; bin < rows_[r].high; ++bin) {
        float* cell = mass_.data() + cell_index(r, c, bin);
        std::copy_n(cell, members, line.begin());
        for (std::size_t m = 0; m < members; ++m) cell[m] = line[parents[m]];
      }
    }
  }
  move_lanes(scale_);
  move_lanes(stock_);
  move_lanes(never_);
  move_lanes(given_up_);
  move_lanes(swept_quote_);
  move_lanes(ledgers_);
  splits_.resample(parents);
  members_ = std::move(parameters);
  lay_out_kernels();
}

void PositionDensity::reweigh_row(Side side, std::size_t j, std::span<const double> ratio) {
  const std::size_t members = members_.size();
  const std::size_t r = row_index(side, j);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    double* given_up = given_up_.data() + given_up_index(r, c);
    for (std::size_t m = 0; m < members; ++m) given_up[m] *= ratio[m];
    for (std::size_t bin = rows_[r].low; bin < rows_[r].high; ++bin) {
      float* cell = mass_.data() + cell_index(r, c, bin);
      for (std::size_t m = 0; m < members; ++m)
        cell[m] = static_cast<float>(static_cast<double>(cell[m]) * ratio[m]);
    }
  }
}

// Counts what a side holds and scales it to what it held before.
void PositionDensity::scale_to_stock(Side side) {
  const std::size_t members = members_.size();
  std::vector<double> counted(kPatienceClasses * members, 0.0);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    double* sum = counted.data() + c * members;
    for (std::size_t j = 0; j < grid_.size(); ++j) {
      const std::size_t r = row_index(side, j);
      const double* given_up = given_up_.data() + given_up_index(r, c);
      for (std::size_t m = 0; m < members; ++m) sum[m] += given_up[m];
      for (std::size_t bin = rows_[r].low; bin < rows_[r].high; ++bin) {
        const float* cell = mass_.data() + cell_index(r, c, bin);
        for (std::size_t m = 0; m < members; ++m) sum[m] += static_cast<double>(cell[m]);
      }
    }
    for (std::size_t m = 0; m < members; ++m) {
      const std::size_t total = total_index(side, c, m);
      sum[m] = sum[m] * scale_[total] + never_[total];
    }
  }
  for (std::size_t m = 0; m < members; ++m) {
    double sum = 0.0;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) sum += counted[c * members + m];
    if (sum <= 0.0) continue;
    const double factor = member_stock(side, m) / sum;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const std::size_t total = total_index(side, c, m);
      scale_[total] *= factor;
      never_[total] *= factor;
      stock_[total] = counted[c * members + m] * factor;
    }
  }
}

void PositionDensity::set_kernels(std::span<const std::vector<double>> kernels) {
  const std::size_t members = members_.size();
  FAULTLINE_CHECK(kernels.size() == members);
  std::vector<double> ratio(members);
  for (const Side side : {Side::kLong, Side::kShort}) {
    flush(side);
    for (std::size_t j = 0; j <= grid_.size(); ++j) {
      for (std::size_t m = 0; m < members; ++m) {
        const double old = kernel_[j * members + m];
        ratio[m] = old > kWeightMin ? std::min(kernels[m][j] / old, kRatioMax) : 0.0;
      }
      if (j < grid_.size()) {
        reweigh_row(side, j, ratio);
        continue;
      }
      for (std::size_t c = 0; c < kPatienceClasses; ++c) {
        for (std::size_t m = 0; m < members; ++m) never_[total_index(side, c, m)] *= ratio[m];
      }
    }
    scale_to_stock(side);
  }
  for (std::size_t m = 0; m < members; ++m) {
    members_[m].kernel = kernels[m];
    FAULTLINE_CHECK(is_usable(members_[m]));
  }
  lay_out_kernels();
}

}  // namespace faultline
