#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/event.hpp"
#include "core/units.hpp"
#include "lab/exchange_config.hpp"

namespace faultline {

// All numbers of a simulated market. A scenario file (lab/scenario.hpp) names the same fields.
//
// Units: money in USD, prices in USD, rates, volatilities and shares as fractions, leverage as a
// multiple. What follows the field's meaning is its default: a calm market of the size of one
// venue's second-tier contract.

// What the rest of the world thinks the coin is worth: a random walk, jumps on news, and a share of
// what orders move.
struct ValueConfig {
  double start_price = 100'000.0;
  double daily_volatility = 0.025;  // news apart
  std::uint32_t news_count = 0;     // jumps at seeded times of the shown part, of seeded signs
  double news_size = 0.03;          // each is .7 to 1.3 times this
  double news_sign = 0.0;           // −1: all down, +1: all up, 0: by a coin
  Nanos news_length{2 * kMinute.value};
  double permanent_impact = 0.6;  // share of an order's impact that the value follows

  friend bool operator==(const ValueConfig&, const ValueConfig&) = default;
};

// Makers quote levels around what they believe, thin out when the price has moved more than usual,
// and fill their queues up again when they look at them next.
struct MakerConfig {
  std::uint32_t count = 6;
  Nanos look_mean{kSecond.value};
  double depth_usd_per_percent = 10e6;  // all makers of all venues, on one side, near the touch
  double half_spread = 1e-5;
  double thinning = 0.5;       // of depth, for each multiple of usual volatility beyond the first
  double thinning_max = 17.0;  // depth is never divided by more
  double refill_share = 0.5;   // of what is missing, at a look
  Nanos resilience_half_life{30 * kSecond.value};  // of the impact that the value has not learnt
  double inventory_skew = 0.002;  // of the price, when makers hold the whole open interest

  friend bool operator==(const MakerConfig&, const MakerConfig&) = default;
};

// Traders without a plan: orders arrive in bursts (a Hawkes process), sizes are heavy-tailed.
struct TakerConfig {
  std::uint32_t count = 200;
  double orders_per_second = 0.3;  // of all venues, bursts included
  double branching = 0.5;          // orders that one order causes, in the mean
  Nanos memory{20 * kSecond.value};
  double size_usd_median = 4'000.0;
  double tail = 2.2;  // Pareto exponent of sizes; 0: exponential sizes
  double leverage = 3.0;
  double turn_usd = 30'000.0;  // inventory at which a taker prefers to close, odds e to 1

  friend bool operator==(const TakerConfig&, const TakerConfig&) = default;
};

// Followers buy what has risen against its hourly mean, reverters sell it.
struct TrendConfig {
  std::uint32_t followers = 20;
  std::uint32_t reverters = 20;
  Nanos look_mean{10 * kMinute.value};
  double position_usd = 40'000.0;
  double leverage = 4.0;

  friend bool operator==(const TrendConfig&, const TrendConfig&) = default;
};

// Leveraged traders: who opens at what distance from liquidation, and for how long.
struct HolderConfig {
  std::uint32_t count = 4'000;
  double position_usd_median = 20'000.0;  // sizes are log-normal over holders
  double position_usd_spread = 1.5;       // standard deviation of the log
  double position_usd_max = 5e6;
  double clip_usd = 250'000.0;   // larger positions are opened and closed in pieces
  double leverage_median = 8.0;  // 1 / leverage is the distance to bankruptcy at entry
  double leverage_spread = 1.1;
  double leverage_max = 125.0;  // the ladder may allow less
  double isolated_share = 0.3;  // the others keep one cross wallet
  double cross_spare = 2.0;     // a cross wallet holds up to this much more than needed
  double crowding = 0.6;        // log odds of entering with the trend, per standard deviation
  double long_bias = 0.0;       // log odds of entering long
  double stop_share = 0.15;     // of positions, with a stop at .2 to .8 of the way to liquidation
  double halve_share = 0.2;     // of what holders do when a holding time is over
  double add_share = 0.1;
  double losing_patience = 1.0;  // closes a losing position with this probability, or waits again
  std::array<Nanos, 3> holding_mean{Nanos(30 * kMinute.value), Nanos(6 * kHour.value),
                                    Nanos(4 * kDay.value)};
  std::array<double, 3> holding_share{0.5, 0.35, 0.15};  // of entries; sums to 1
  Nanos idle_mean{4 * kHour.value};

  friend bool operator==(const HolderConfig&, const HolderConfig&) = default;
};

// simulated:SYMBOL with ticks of .5 USD; linear in lots of .001 coins, inverse in contracts of 10.
InstrumentSpec lab_instrument(const std::string& symbol = "BTCUSDT",
                              ContractKind kind = ContractKind::kLinear);

// One of several places where the same coin trades.
struct VenueConfig {
  double share = 1.0;         // of takers, holders and depth; normalised over venues
  double index_weight = 1.0;  // of its mid in the index, beside the outside value
  Nanos latency{20'000'000};  // of orders
  Completeness feed = Completeness::kAll;
  ExchangeConfig exchange{.instrument = lab_instrument()};

  friend bool operator==(const VenueConfig&, const VenueConfig&) = default;
};

// Who buys where it is cheap and sells where it is dear.
struct ArbitrageConfig {
  std::uint32_t count = 3;
  Nanos look_mean{500'000'000};
  double gap_least = 4e-4;  // of the price, before fees
  double order_usd = 50'000.0;

  friend bool operator==(const ArbitrageConfig&, const ArbitrageConfig&) = default;
};

// Traders who look at the estimated map (lab/map_view.hpp), on every venue. Without a source of
// maps they do nothing.
//
//   hunters     push the price towards a cluster that costs less to reach than it would set free,
//               and give back what they bought or sold
//   avoiders    holders whose own liquidation price lies inside a displayed cluster: they close
//   half
//               of the position, or bring margin to move the price away
//   providers   keep orders just beyond the largest clusters
struct ReaderConfig {
  Nanos map_interval{5 * kMinute.value};  // a new map so often
  std::uint32_t hunters = 0;              // accounts a venue
  double hunter_usd = 500'000.0;          // of one push
  double hunter_reach = 0.02;             // of the price
  double hunter_gain = 1.5;               // cluster over cost from which a push is made
  double avoider_share = 0.0;             // of holders
  std::uint32_t providers = 0;            // accounts a venue
  double provider_share = 0.5;            // of a cluster's USD, all providers together
  double cluster_ratio = 2.0;             // of the mean density within 5 %, to be a cluster

  friend bool operator==(const ReaderConfig&, const ReaderConfig&) = default;
};

inline constexpr std::size_t kLabVenuesMax = 16;

struct MarketConfig {
  std::uint64_t seed = 1;
  UnixNanos begin{1'764'547'200'000'000'000};  // 2025-12-01; what comes before is not recorded
  Nanos length = kDay;
  Nanos warm_up{3 * kDay.value};
  double outside_weight = 0.5;  // of the outside value in the index
  ValueConfig value{};
  MakerConfig makers{};
  TakerConfig takers{};
  TrendConfig trend{};
  HolderConfig holders{};
  ArbitrageConfig arbitrage{};
  ReaderConfig readers{};
  std::vector<VenueConfig> venues{VenueConfig{}};

  friend bool operator==(const MarketConfig&, const MarketConfig&) = default;
};

// Somebody looks at the map, so that somebody must make it.
bool has_readers(const ReaderConfig& readers);

// Errors: kOutOfRange or kBadRequest, naming the field as a scenario file does.
Outcome<void> validate(const VenueConfig& config);
Outcome<void> validate(const MarketConfig& config);

}  // namespace faultline
