#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "core/step.hpp"
#include "infer/accounting.hpp"
#include "infer/close_split.hpp"
#include "infer/density_config.hpp"
#include "infer/density_profile.hpp"

namespace faultline {

// What one step did, by side; the mean over members. Native units; USD at the liquidation price.
struct StepReport {
  std::array<double, 2> opened{};
  std::array<double, 2> closed{};       // by choice, without liquidations
  std::array<double, 2> swept{};        // crossed by the price range
  std::array<double, 2> swept_quote{};  // swept · liquidation price
  std::array<double, 2> returned{};  // swept beyond what the identity allows, returned to the stock
  std::array<double, 2> pressure{};  // kappa: how hard the step closed against the base hazards
  bool oi_exceeds_volume = false;
};

// Where a step's entries are placed instead of at its own prices: for placebo maps only.
struct EntryPrices {
  double close = 0.0;
  double high = 0.0;
  double low = 0.0;
};

// The inferred density of open positions over liquidation price, distance and patience, for one
// instrument.
//
// Layout of the state, members innermost so that one SIMD lane is one member:
//
//   mass_[side][distance j][class c][bin b][member m]
//
//   Row (side, j) is indexed by the entry-equivalent coordinate u = log p_liq + sign·delta_mid(j) −
//   shift(side, j): a position entered at e lies within half a box around u = e, so all rows share
//   one range of bins, the map is a sum of shifted rows, and funding moves a row by changing its
//   scalar shift.
//
// Laziness: closing multiplies one scalar per (side, class, member); a sweep touches only bins
// between the new extreme and the outermost occupied bin; cells hold mass divided by the scale at
// deposit. Boxes that are many bins wide (from about 2 % away on) are not added entry by entry:
// entries wait in a histogram of entry price and are given to all wide boxes at once, before the
// price comes near any of them (position_density_deposit.cpp).
//
// Memory: the bins cover at most kSpanMax of log price, or one step's own range if that is more.
// Where the price leaves them, those farthest from it are given up and count as "never".
// Assumption: what was entered so far away (a factor of 2 at least, as a rule 3 and more) will not
// be reached: it is beyond every distance, or the price would have to come all the way back.
//
// Invariant: after every step, stock(side) = oi_end on both sides, to 0.1 % (checked).
// Thread safety: none. Cost: O(bins newly crossed + narrow boxes deposited) a step, and now and
// then one pass over the wide boxes around the price.
class PositionDensity {
 public:
  static constexpr double kSpanMax = 1.7;  // 3,400 bins of 5e-4: 146 MB at 64 members

  PositionDensity(const DensityConfig& config, std::vector<MemberParameters> members);

  // Advances by one step: funding, sweep, closes, opens, in this order. The first step fills the
  // stock with its oi_begin at its open price.
  //
  // Requires: finite positive prices, steps in order (checked).
  StepReport advance(const MarketStep& step, const EntryPrices* entries = nullptr);

  // What the last step crossed of one member, at its liquidation prices: the sum over members is
  // members · StepReport::swept_quote. Units: quote currency of a linear contract.
  double swept_quote(Side side, std::size_t member) const;

  // What the last step crossed by distance, for unit weight of the kernel: the members' mean mass
  // over their mean weight, because a single jittered weight may be next to nothing. What kernels
  // are learnt from (KernelLearner). Native units; 0 where all weights are.
  // Requires: one member_weight a member (checked).
  std::vector<double> swept_unit(Side side, std::span<const double> member_weights) const;
  // Opened by one member in the last step, native units.
  double opened(Side side, std::size_t member) const {
    return flows_[member].opened[index_of(side)];
  }

  // Changes the members' kernels as if all entries so far had been made with them: every distance,
  // given up or not, is multiplied by its new weight over its old one, and each side is scaled to
  // its stock. What the identity returned is taken for an entry. A distance whose old weight was
  // next to nothing begins empty.
  // Requires: one usable kernel a member (checked). Cost: two passes over the occupied cells.
  void set_kernels(std::span<const std::vector<double>> kernels);

  const DensityConfig& config() const { return config_; }
  const DistanceGrid& grid() const { return grid_; }
  std::size_t member_count() const { return members_.size(); }
  const MemberParameters& member(std::size_t m) const { return members_[m]; }
  bool is_started() const { return is_started_; }

  // Native units held, "never" included. Mean over members, where none is named.
  double stock(Side side) const;
  double never(Side side) const;
  double never(Side side, std::size_t member) const;
  double recounted_stock(Side side) const;  // from the cells: equal up to rounding. Cost: one pass

  // Adds the member's mass by liquidation price to `out`. Cost: one pass over the occupied cells.
  // Requires: rows a whole number of entry bins wide (checked).
  void add_profile(Side side, std::size_t member, const ProfileGrid& target, Profile& out) const;

  // The profiles of all members at once. Cost, requires: as add_profile.
  MemberProfiles profiles(Side side, const ProfileGrid& target) const;

  // A box of distances that a bound goes through is shared out by its width. Rows have what
  // profiles() gives them, up to rounding.
  // Requires: as add_profile; a weight a member (checked). Cost: about that of profiles().
  ProfileParts parts(Side side, const ProfileGrid& target,
                     std::span<const double> member_weights) const;

  // The logarithm of the share that closings by choice have left of a class's positions, since this
  // object was made; of the members' positions added up. Of no state: only differences mean
  // anything.
  double kept_log(Side side, std::size_t c) const { return kept_log_[index_of(side)][c]; }

  // Slot m of the new ensemble continues the history of parents[m] with parameters[m]. Cost: a
  // pass. Requires: one entry a member in both, parents < member_count() (checked).
  void resample(std::span<const std::size_t> parents, std::vector<MemberParameters> parameters);

  // Everything that the next step depends on; restore() continues bit for bit.
  std::vector<std::uint8_t> checkpoint() const;
  // Errors: kBadFormat (no checkpoint, or another version), kTruncated, kBadRequest (another
  // configuration), kCorrupt, kOutOfRange (what no density has, or a time after `resumes_at`, when
  // the next step begins). The state is untouched then.
  Result<void> restore(std::span<const std::uint8_t> bytes, UnixNanos resumes_at);

  // Mass by distance bin (mean over members).
  std::vector<double> mass_by_distance(Side side) const;

  // Equal for equal histories.
  std::uint64_t state_hash() const;

  // Bounded by kSpanMax, not by the number of trades or by where prices went.
  std::size_t memory_bytes() const;

 private:
  struct Row {
    std::size_t low = 0;  // occupied bins [low, high)
    std::size_t high = 0;
    double shift = 0.0;  // funding, in log price
  };
  // An amount that enters at one price: amount[c * members + m], native units.
  struct Entry {
    Side side;
    double log_price;
    std::span<const double> amount;
  };
  // The part of a distance box that takes a deposit, in the row's coordinate.
  struct Box {
    double u_low;
    double u_high;
    double part;  // of the whole box
  };
  // Entries of one side that wide boxes have not been given yet, at points one bin apart.
  struct Waiting {
    double log_begin = 0.0;  // entry price of point 0
    std::size_t low = 0;     // occupied points [low, high)
    std::size_t high = 0;
    bool is_empty() const { return low >= high; }
  };

  std::size_t row_index(Side side, std::size_t j) const {
    return index_of(side) * grid_.size() + j;
  }
  std::size_t cell_index(std::size_t row, std::size_t c, std::size_t bin) const {
    return given_up_index(row, c) * bin_count_ + bin * members_.size();
  }
  std::size_t given_up_index(std::size_t row, std::size_t c) const {
    return (row * kPatienceClasses + c) * members_.size();
  }
  std::size_t total_index(Side side, std::size_t c, std::size_t m) const {
    return (index_of(side) * kPatienceClasses + c) * members_.size() + m;
  }
  std::size_t waiting_index(Side side, std::size_t c, std::size_t point) const {
    return ((index_of(side) * kPatienceClasses + c) * kWaitingPoints + point) * members_.size();
  }
  double member_stock(Side side, std::size_t m) const;

  void start(const MarketStep& step);
  void cover(double log_low, double log_high);
  // Bins [first, last), counted from bin 0 as it is now.
  struct Window {
    std::int64_t first;
    std::int64_t last;
  };
  void give_up_outside(const Window& window);
  void move_bins(const Window& window);
  void shift_by_funding(const MarketStep& step);
  void sweep(Side side, double log_extreme, StepReport& report);
  void sweep_bins(Side side, std::size_t j, std::size_t first, std::size_t last);
  void compute_flows(const MarketStep& step, StepReport& report);
  void close(Side side, const MarketStep& step, StepReport& report);
  void return_excess(Side side, const MarketStep& step, StepReport& report);
  void open(Side side, const EntryPrices& entries, StepReport& report);
  Box whole_box(Side side, std::size_t j, double log_price) const;
  void deposit(const Entry& entry);
  void deposit_beyond(const Entry& entry, double log_limit);
  void deposit_boxes(const Entry& entry);
  void deposit_box(Side side, std::size_t j, const Box& box);
  void widen(std::size_t row, std::size_t first, std::size_t last);
  void let_wait(Side side, double log_price);
  void flush(Side side);
  void flush_where_reached(Side side, double log_extreme);
  bool is_usable(const MemberParameters& member) const;
  void lay_out_kernels();
  // Where what waits lies in a wide row. Requires: something waits.
  struct Spread {
    std::size_t first;  // bins [first, last)
    std::size_t last;
    double from;  // the box of the first waiting entry, in bins
    double to;
  };
  Spread spread_of(Side side, std::size_t j) const;
  bool has_sound_totals() const;
  bool has_sound_rows() const;
  bool has_waiting_within_bins() const;
  // What one row holds in bins [low, high), classes added up: mass[(bin − low) * members + member].
  struct RowMass {
    std::size_t low = 0;
    std::size_t high = 0;
    std::vector<double> mass;
  };
  struct Classes {
    std::size_t first;  // [first, end)
    std::size_t end;
  };
  std::vector<double> waiting_sums(Side side, Classes classes = {0, kPatienceClasses}) const;
  // `waiting`: waiting_sums() of the same side, and here of all classes.
  void read_row(Side side, std::size_t j, std::span<const double> waiting, RowMass& out) const;
  // One class of a row as its weighted mean, mass[bin − low].
  void read_mean(Side side, std::size_t j, std::size_t c, std::span<const double> waiting,
                 std::span<const double> member_weights, RowMass& out) const;
  // Where a row's bins lie among the fine rows of a profile, one entry bin wide: its bin 0 covers
  // `first` and, by a share of `into_next`, the one after.
  struct Place {
    std::int64_t first;
    double into_next;
  };
  Place place_of(Side side, std::size_t j, const ProfileGrid& target) const;
  // Entry bins in a row of the profile. Requires: a whole number (checked).
  std::int64_t bins_in_row(const ProfileGrid& target) const;
  bool find_row(Side side, std::size_t j, std::span<const double> waiting, Spread& at,
                RowMass& out) const;
  void reweigh_row(Side side, std::size_t j, std::span<const double> ratio);
  void scale_to_stock(Side side);
  void rescale_where_small(Side side);
  static void add_line(std::span<const double> line, double at, std::span<double> fine,
                       Profile& out);
  void check_identity() const;

  static constexpr std::size_t kWaitingPoints = 64;

  DensityConfig config_;
  DistanceGrid grid_;
  std::vector<MemberParameters> members_;
  std::size_t wide_first_ = 0;      // boxes from this one on are wide
  std::vector<double> kernel_;      // [distance][member], "never" last
  std::vector<double> kernel_sum_;  // [member]
  std::vector<float> mass_;
  std::vector<Row> rows_;
  std::size_t bin_count_ = 0;
  double u_begin_ = 0.0;
  std::vector<double> scale_;        // [side][class][member]
  std::vector<double> stock_;        // [side][class][member], "never" included
  std::vector<double> never_;        // [side][class][member], opened as "never"
  std::vector<double> given_up_;     // [side][distance][class][member], as cells: over the scale
  std::vector<FlowLedger> ledgers_;  // by member
  CloseSplitPath splits_;
  std::vector<double> isolated_;     // share by distance
  std::vector<StepFlows> flows_;     // of the current step, by member
  std::vector<double> swept_;        // of the current step, [side][class][member]
  std::vector<double> swept_quote_;  // of the last step, [side][member]
  std::vector<double> swept_rows_;   // of the last step, [side][distance][member]
  std::vector<double> excess_;       // of the current step, [member]
  std::array<Waiting, 2> waiting_{};
  std::vector<double> waiting_amount_;  // [side][class][point][member], divided by the scale
  std::vector<double> amount_;          // scratch, [class][member]
  std::vector<double> unit_;            // scratch, [class][member]: to deposit, over the scale
  std::vector<double> value_;           // scratch, [member]
  std::vector<Box> boxes_;              // scratch, [distance]
  std::vector<double> factor_;          // scratch, [member]: on the kernel of a deposit
  std::array<std::array<double, kPatienceClasses>, 2> kept_log_{};  // by Side; see kept_log()
  double open_interest_ = 0.0;
  UnixNanos last_end_{};
  bool is_started_ = false;
};

}  // namespace faultline
