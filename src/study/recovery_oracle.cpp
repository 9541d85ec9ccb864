#include "study/recovery_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/check.hpp"
#include "lab/holder_laws.hpp"
#include "lab/liquidation_ladder.hpp"
#include "margin/rules.hpp"
#include "study/mark_path.hpp"

namespace faultline {
namespace {

constexpr UnixNanos kNever(std::numeric_limits<std::int64_t>::max());
// Pieces of one order follow each other within seconds, openings of an account within hours.
constexpr Nanos kOneOrder = kMinute;
constexpr double kWaitMax = 1e17;  // ns, as the market's agenda has it
constexpr AccountIndex kOwn = 0;
constexpr AccountIndex kOther = 1;  // who is on the other side of a redrawn position's trades

PriceTicks ticks_of(const LabContract& contract, std::int64_t price_e9) {
  const double price = to_double_approx(PriceE9(price_e9));
  return PriceTicks(std::llround(price / contract.price_approx(PriceTicks(1))));
}

// The bin of a liquidation price; absent on the wrong side of the mark and beyond 10 %.
std::optional<std::size_t> bin_of(Side side, double mark, double liquidation_price) {
  const double away = sign(side) * std::log(mark / liquidation_price);
  if (!(away >= 0.0)) return std::nullopt;
  const auto bin = static_cast<std::size_t>(away / kRecoveryBin);
  if (bin >= kRecoveryBinCount) return std::nullopt;
  return bin;
}

// One order of a holder that opened or added.
struct Opening {
  UnixNanos time{};
  UnixNanos last_piece{};
  Side side = Side::kLong;
  std::int64_t lots = 0;
  PriceTicks mark;
  bool is_addition = false;
};

std::map<AccountIndex, std::vector<Opening>> openings_of(const VenueTape& tape) {
  std::map<AccountIndex, std::vector<Opening>> out;
  for (const EntryRecord& entry : tape.entries) {
    std::vector<Opening>& own = out[entry.account];
    const bool goes_on = !own.empty() && own.back().side == entry.side &&
                         own.back().is_addition == entry.is_addition &&
                         entry.time - own.back().last_piece < kOneOrder;
    if (!goes_on)
      own.push_back({.time = entry.time,
                     .side = entry.side,
                     .mark = entry.mark,
                     .is_addition = entry.is_addition});
    own.back().last_piece = entry.time;
    own.back().lots += entry.lots.value;
  }
  return out;
}

// The marks of the tape, and before its beginning those at which holders opened.
MarkPath path_of(const VenueTape& tape, const LabContract& contract) {
  MarkPath path;
  const auto time = tape.marks.column("time");
  for (const EntryRecord& entry : tape.entries) {
    if (!time.empty() && entry.time.value >= time.front()) break;
    path.add(entry.time, entry.mark);
  }
  const auto& prices = tape.marks.columns[1].values;
  for (std::size_t row = 0; row < time.size(); ++row)
    path.add(UnixNanos(time[row]), ticks_of(contract, prices[row]));
  path.finish();
  return path;
}

// What all redrawn positions of a venue have in common, and where they are added up.
struct RedrawWorld {
  LabContract contract;
  MarginRules rules;
  const TierTable& tiers;
  HolderLaws laws;
  MarkPath path;
  std::vector<std::pair<UnixNanos, std::int64_t>> funding;  // time, rate in 1e-9
  std::int64_t taker_fee_e6;
  const ScoredTimes& at;
  double weight;  // of one draw
  std::vector<RecoverySides> sums;
};

class RedrawnPosition {
 public:
  RedrawnPosition(RedrawWorld& world, bool is_isolated)
      : world_(world), is_isolated_(is_isolated), ledger_(2, world.contract) {}

  void open(const Opening& opening, std::int64_t wallet, bool is_first, Rng& rng);
  void add(const Opening& opening, Rng& rng);
  // Lives on to `until`, and adds itself to the world's sums on the way.
  void advance(UnixNanos until, Rng& rng);

  bool is_open() const { return ledger_[kOwn].qty != 0; }
  Side side() const { return ledger_[kOwn].side(); }
  // If all were closed at the mark: what a cross wallet would hold.
  std::int64_t cash() const {
    return is_lost_ ? 0 : std::max<std::int64_t>(0, ledger_.equity(kOwn, mark()));
  }

 private:
  PriceTicks mark() const { return world_.path.at(now_); }
  UnixNanos next_funding() const {
    return funding_ < world_.funding.size() ? world_.funding[funding_].first : kNever;
  }
  UnixNanos reached(PriceTicks tick) const;
  void trade(std::int64_t qty, PriceTicks price);
  void reprice();
  void rest(Rng& rng);
  void wake(Rng& rng);
  void show(UnixNanos until) const;

  RedrawWorld& world_;
  bool is_isolated_;
  Ledger ledger_;
  double position_usd_ = 0.0;
  float leverage_ = 1.0F;
  std::uint8_t patience_ = 0;
  bool is_lost_ = false;
  std::size_t funding_ = 0;
  std::optional<PriceTicks> tick_;
  UnixNanos now_{};
  UnixNanos wake_ = kNever;
  UnixNanos ruin_ = kNever;
  UnixNanos stop_ = kNever;
};

UnixNanos RedrawnPosition::reached(PriceTicks tick) const {
  const auto towards =
      side() == Side::kLong ? MarkPath::Towards::kBelow : MarkPath::Towards::kAbove;
  return world_.path.first_reach(tick, towards, now_).value_or(kNever);
}

void RedrawnPosition::trade(std::int64_t qty, PriceTicks price) {
  const std::int64_t notional = world_.contract.notional(qty, price);
  ledger_.trade({.taker = kOwn,
                 .maker = kOther,
                 .opens_towards = qty > 0 ? Side::kLong : Side::kShort,
                 .price = price,
                 .qty = Qty(std::abs(qty)),
                 .taker_fee = notional * world_.taker_fee_e6 / 1'000'000});
}

void RedrawnPosition::open(const Opening& opening, std::int64_t wallet, bool is_first, Rng& rng) {
  now_ = opening.time;
  const auto after = std::ranges::upper_bound(world_.funding, now_, {},
                                              &std::pair<UnixNanos, std::int64_t>::first);
  funding_ = static_cast<std::size_t>(after - world_.funding.begin());
  const double usd = world_.contract.usd_approx(opening.lots, opening.mark);
  position_usd_ = usd / HolderLaws::size_factor(rng);
  leverage_ = world_.laws.leverage(usd, opening.mark, rng);
  patience_ = world_.laws.patience(is_first, rng);
  const auto rate = static_cast<std::int32_t>(std::ceil(1e6 / static_cast<double>(leverage_)));
  is_isolated_ ? ledger_.set_isolated(kOwn, rate) : ledger_.set_cross(kOwn, rate);
  const WalletRange range = world_.laws.wallet(usd, leverage_, is_isolated_, opening.mark);
  ledger_.transfer(kOwn, std::clamp(wallet, range.least, range.most));
  trade(sign(opening.side) * opening.lots, opening.mark);
  reprice();
  rest(rng);
}

void RedrawnPosition::add(const Opening& opening, Rng& rng) {
  const double usd = world_.contract.usd_approx(opening.lots, opening.mark);
  ledger_.transfer(kOwn, world_.laws.addition_margin(usd, leverage_, opening.mark));
  trade(sign(opening.side) * opening.lots, opening.mark);
  reprice();
  rest(rng);
}

void RedrawnPosition::reprice() {
  const VenueMargin margin{&world_.rules, &world_.tiers};
  tick_ = liquidation_tick(world_.contract, margin, ledger_[kOwn], mark());
  ruin_ = tick_ ? reached(*tick_) : kNever;
}

// After an order: a new stop, perhaps, and the next holding time.
void RedrawnPosition::rest(Rng& rng) {
  stop_ = kNever;
  if (world_.laws.wants_stop(rng) && tick_) {
    const auto away = static_cast<double>((*tick_ - mark()).value);
    const auto way = std::llround(HolderLaws::stop_way(rng) * away);
    stop_ = reached(mark() + TickDelta(way));
  }
  const auto mean = static_cast<double>(world_.laws.holding_mean(patience_).value);
  wake_ =
      now_ + Nanos(static_cast<std::int64_t>(std::min(kWaitMax, rng.exponential() * mean)) + 1'000);
}

void RedrawnPosition::wake(Rng& rng) {
  const LabAccount& state = ledger_[kOwn];
  const HolderSituation situation{
      .usd = world_.contract.usd_approx(std::abs(state.qty), mark()),
      .position_usd = position_usd_,
      .is_divisible = std::abs(state.qty) >= 2,
      .is_losing = world_.contract.value(state.qty, mark()) < state.entry_value()};
  const HolderAct act = world_.laws.act(situation, rng);
  if (act == HolderAct::kClose || act == HolderAct::kHalve) {
    trade(act == HolderAct::kHalve ? -state.qty / 2 : -state.qty, mark());
    if (!is_open()) return;
    reprice();
  }
  const UnixNanos stop = stop_;
  rest(rng);  // additions are known, not redrawn: only what they do to stop and time
  if (act == HolderAct::kWait) stop_ = stop;
}

void RedrawnPosition::show(UnixNanos until) const {
  if (!tick_) return;
  const double price = world_.contract.price_approx(*tick_);
  const std::int64_t lots = std::abs(ledger_[kOwn].qty);
  auto k = static_cast<std::size_t>(std::ranges::lower_bound(world_.at.times, now_) -
                                    world_.at.times.begin());
  for (; k < world_.at.times.size() && world_.at.times[k] < until; ++k) {
    const double mark = world_.at.marks[k];
    const std::optional<std::size_t> bin = bin_of(side(), mark, price);
    if (!bin) continue;
    const double unit = world_.contract.kind() == ContractKind::kLinear ? mark : 1.0;
    world_.sums[k][index_of(side())][*bin] +=
        world_.weight * unit * world_.contract.quantity_approx(lots);
  }
}

void RedrawnPosition::advance(UnixNanos until, Rng& rng) {
  while (is_open() && !is_lost_ && now_ < until) {
    const UnixNanos next = std::min({until, wake_, ruin_, stop_, next_funding()});
    show(next);
    now_ = next;
    if (next == ruin_) {
      is_lost_ = true;
    } else if (next == stop_) {
      trade(-ledger_[kOwn].qty, mark());
    } else if (next == next_funding()) {
      ledger_.pay_funding({.rate_e9 = world_.funding[funding_++].second, .mark = mark()});
      reprice();
    } else if (next == wake_) {
      wake(rng);
    }
  }
}

// One draw of everything that one account opened.
void redraw_account(RedrawWorld& world, std::span<const Opening> openings, Rng& rng) {
  const UnixNanos end = world.at.times.back() + Nanos(1);
  const bool is_isolated = world.laws.is_isolated(rng);
  std::optional<RedrawnPosition> position;
  for (std::size_t i = 0; i < openings.size(); ++i) {
    const Opening& opening = openings[i];
    if (opening.time >= end) break;
    std::int64_t wallet = 0;
    if (position) {
      position->advance(opening.time, rng);
      const bool is_there = position->is_open() && position->side() == opening.side;
      wallet = position->cash();
      if (opening.is_addition && is_there && wallet > 0) {
        position->add(opening, rng);
        continue;
      }
      position->advance(end, rng);
    }
    position.emplace(world, is_isolated);
    position->open(opening, wallet, i == 0, rng);
  }
  if (position) position->advance(end, rng);
}

}  // namespace

std::vector<RecoverySides> redrawn_intensity(const VenueTape& tape, const MarketConfig& config,
                                             std::size_t venue, const ScoredTimes& at,
                                             const RedrawOptions& options) {
  FAULTLINE_CHECK(!at.times.empty() && options.draws > 0);
  const ExchangeConfig& exchange = config.venues[venue].exchange;
  const LabContract contract = LabContract::of(tape.instrument).value();
  const MarginRules rules =
      margin_rules({Venue::kSimulated, tape.instrument.kind, MarginMode::kCross}).value();
  RedrawWorld world{.contract = contract,
                    .rules = rules,
                    .tiers = exchange.tiers,
                    .laws = HolderLaws(config.holders, contract, exchange.tiers),
                    .path = path_of(tape, contract),
                    .funding = {},
                    .taker_fee_e6 = exchange.taker_fee_e6,
                    .at = at,
                    .weight = 1.0 / static_cast<double>(options.draws),
                    .sums = std::vector<RecoverySides>(at.times.size())};
  for (std::size_t row = 0; row < tape.funding.row_count(); ++row)
    world.funding.emplace_back(tape.funding.columns[0].values[row],
                               tape.funding.columns[1].values[row]);
  const Rng streams = Rng(options.seed).stream("redraw", venue);
  for (const auto& [account, openings] : openings_of(tape)) {
    for (std::size_t draw = 0; draw < options.draws; ++draw) {
      Rng rng = streams.stream("account", (std::uint64_t{account} << 16U) | draw);
      redraw_account(world, openings, rng);
    }
  }
  const std::vector<TruePositions> known = true_positions_of(tape, at);
  for (std::size_t k = 0; k < at.times.size(); ++k) {
    for (const std::size_t s : {0U, 1U}) {
      for (std::size_t i = 0; i < kRecoveryBinCount; ++i)
        world.sums[k][s][i] += known[k].others_usd[s][i];
    }
  }
  return std::move(world.sums);
}

std::vector<TruePositions> true_positions_of(const VenueTape& tape, const ScoredTimes& at) {
  const std::vector<UnixNanos>& times = at.times;
  std::set<AccountIndex> holders;
  for (const EntryRecord& entry : tape.entries) holders.insert(entry.account);
  std::vector<TruePositions> out(times.size());
  std::vector<std::size_t> seen(times.size());
  const ColumnBatch& rows = tape.positions;
  const std::size_t liquidation = column_index(EventKind::kPosition, "liquidation_price_e9");
  const std::size_t money = column_index(EventKind::kPosition, "position_usd_e6");
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const UnixNanos time(rows.columns[0].values[row]);
    const auto k = static_cast<std::size_t>(std::ranges::lower_bound(times, time) - times.begin());
    if (k == times.size() || times[k] != time) continue;
    ++seen[k];
    const double usd = 1e-6 * static_cast<double>(rows.columns[money].values[row]);
    const auto side = static_cast<Side>(rows.columns[2].values[row]);
    const bool is_holder =
        holders.contains(static_cast<AccountIndex>(rows.columns[1].values[row] - 1));
    TruePositions& sum = out[k];
    sum.all_usd[index_of(side)] += usd;
    sum.holders_usd[index_of(side)] += is_holder ? usd : 0.0;
    if (!rows.columns[liquidation].has(row)) continue;
    sum.liquidatable_usd[index_of(side)] += usd;
    const double price = to_double_approx(PriceE9(rows.columns[liquidation].values[row]));
    const std::optional<std::size_t> bin = bin_of(side, at.marks[k], price);
    if (!bin) continue;
    sum.usd[index_of(side)][*bin] += usd;
    if (!is_holder) sum.others_usd[index_of(side)][*bin] += usd;
  }
  for (const std::size_t count : seen) FAULTLINE_CHECK(count > 0);
  return out;
}

ScoredTimes scored_times(const VenueTape& tape, std::vector<UnixNanos> times) {
  ScoredTimes out{.times = std::move(times), .marks = {}};
  const auto& rows = tape.marks.columns[0].values;
  const auto& prices = tape.marks.columns[1].values;
  for (const UnixNanos time : out.times) {
    const auto found = std::ranges::lower_bound(rows, time.value);
    FAULTLINE_CHECK(found != rows.end() && *found == time.value);
    out.marks.push_back(
        to_double_approx(PriceE9(prices[static_cast<std::size_t>(found - rows.begin())])));
  }
  return out;
}

}  // namespace faultline
