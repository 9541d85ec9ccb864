#include "lab/scenario.hpp"

// Every number of a scenario: name, meaning, bounds, place.

namespace faultline {
namespace {

constexpr double kDayS = 86'400.0;
constexpr double kYearS = 365.0 * kDayS;

template <auto First, auto... Rest>
auto& walk(auto& from) {
  if constexpr (sizeof...(Rest) == 0) {
    return from.*First;
  } else {
    return walk<Rest...>(from.*First);
  }
}

// Where the path of members leads, from the market or from one of its venues.
template <auto... Path>
FieldPointer at(MarketConfig& config, std::size_t) {
  return &walk<Path...>(config);
}
template <auto... Path>
FieldPointer at_venue(MarketConfig& config, std::size_t venue) {
  return &walk<Path...>(config.venues[venue]);
}
template <auto Array, std::size_t index>
FieldPointer at_holding(MarketConfig& config, std::size_t) {
  return &(config.holders.*Array)[index];
}

const std::vector<ScenarioField> kFields = {
    {"", "length_s", "recorded time, seconds", 60, 60 * kDayS, at<&MarketConfig::length>},
    {"", "warm_up_s", "time before it, not recorded, seconds", 0, 60 * kDayS,
     at<&MarketConfig::warm_up>},
    {"", "outside_weight", "weight of the outside value in the index", 0.01, 100,
     at<&MarketConfig::outside_weight>},

    {"value", "start_price", "USD", 100, 1e6, at<&MarketConfig::value, &ValueConfig::start_price>},
    {"value", "daily_volatility", "of the outside value, news apart", 1e-5, 0.5,
     at<&MarketConfig::value, &ValueConfig::daily_volatility>},
    {"value", "news_count", "jumps at seeded times", 0, 100,
     at<&MarketConfig::value, &ValueConfig::news_count>},
    {"value", "news_size", "of a jump, as a fraction", 0, 0.5,
     at<&MarketConfig::value, &ValueConfig::news_size>},
    {"value", "news_sign", "-1 all down, +1 all up, 0 by a coin", -1, 1,
     at<&MarketConfig::value, &ValueConfig::news_sign>},
    {"value", "news_length_s", "that a jump takes, seconds", 1, kDayS,
     at<&MarketConfig::value, &ValueConfig::news_length>},
    {"value", "permanent_impact", "share of an order's impact that the value follows", 0, 1,
     at<&MarketConfig::value, &ValueConfig::permanent_impact>},

    {"makers", "count", "makers a venue", 1, 100, at<&MarketConfig::makers, &MakerConfig::count>},
    {"makers", "look_mean_s", "between two looks of a maker, seconds", 0.05, 600,
     at<&MarketConfig::makers, &MakerConfig::look_mean>},
    {"makers", "depth_usd_per_percent", "USD on one side, all venues together", 1e3, 1e11,
     at<&MarketConfig::makers, &MakerConfig::depth_usd_per_percent>},
    {"makers", "half_spread", "as a fraction of the price", 1e-7, 0.01,
     at<&MarketConfig::makers, &MakerConfig::half_spread>},
    {"makers", "thinning", "of depth, for each multiple of usual volatility", 0, 100,
     at<&MarketConfig::makers, &MakerConfig::thinning>},
    {"makers", "thinning_max", "depth is divided by no more", 1, 1'000,
     at<&MarketConfig::makers, &MakerConfig::thinning_max>},
    {"makers", "refill_share", "of what is missing, at a look", 0.001, 1,
     at<&MarketConfig::makers, &MakerConfig::refill_share>},
    {"makers", "resilience_half_life_s", "of impact, seconds", 0.1, kDayS,
     at<&MarketConfig::makers, &MakerConfig::resilience_half_life>},
    {"makers", "inventory_skew", "of the price, with all open interest at the makers", 0, 0.1,
     at<&MarketConfig::makers, &MakerConfig::inventory_skew>},

    {"takers", "count", "accounts a venue", 1, 100'000,
     at<&MarketConfig::takers, &TakerConfig::count>},
    {"takers", "orders_per_second", "of all venues", 0, 1'000,
     at<&MarketConfig::takers, &TakerConfig::orders_per_second>},
    {"takers", "branching", "orders that one order causes, in the mean", 0, 0.95,
     at<&MarketConfig::takers, &TakerConfig::branching>},
    {"takers", "memory_s", "of the bursts, seconds", 0.1, 3'600,
     at<&MarketConfig::takers, &TakerConfig::memory>},
    {"takers", "size_usd_median", "USD an order; none is above 2e6", 1, 1e6,
     at<&MarketConfig::takers, &TakerConfig::size_usd_median>},
    {"takers", "tail", "Pareto exponent of sizes; 0: exponential sizes", 0, 10,
     at<&MarketConfig::takers, &TakerConfig::tail>},
    {"takers", "leverage", "multiple", 1, 125, at<&MarketConfig::takers, &TakerConfig::leverage>},
    {"takers", "turn_usd", "position at which closing is preferred, USD", 1, 1e9,
     at<&MarketConfig::takers, &TakerConfig::turn_usd>},

    {"trend", "followers", "accounts a venue", 0, 10'000,
     at<&MarketConfig::trend, &TrendConfig::followers>},
    {"trend", "reverters", "accounts a venue", 0, 10'000,
     at<&MarketConfig::trend, &TrendConfig::reverters>},
    {"trend", "look_mean_s", "seconds", 1, kDayS,
     at<&MarketConfig::trend, &TrendConfig::look_mean>},
    {"trend", "position_usd", "USD at the strongest signal", 1, 1e9,
     at<&MarketConfig::trend, &TrendConfig::position_usd>},
    {"trend", "leverage", "multiple", 1, 125, at<&MarketConfig::trend, &TrendConfig::leverage>},

    {"holders", "count", "accounts, all venues together", 0, 4e6,
     at<&MarketConfig::holders, &HolderConfig::count>},
    {"holders", "position_usd_median", "USD", 1, 1e8,
     at<&MarketConfig::holders, &HolderConfig::position_usd_median>},
    {"holders", "position_usd_spread", "standard deviation of the log", 0, 4,
     at<&MarketConfig::holders, &HolderConfig::position_usd_spread>},
    {"holders", "position_usd_max", "USD", 1, 1e10,
     at<&MarketConfig::holders, &HolderConfig::position_usd_max>},
    {"holders", "clip_usd", "larger orders go in pieces, USD", 100, 1e9,
     at<&MarketConfig::holders, &HolderConfig::clip_usd>},
    {"holders", "leverage_median", "multiple", 1, 125,
     at<&MarketConfig::holders, &HolderConfig::leverage_median>},
    {"holders", "leverage_spread", "standard deviation of the log", 0, 4,
     at<&MarketConfig::holders, &HolderConfig::leverage_spread>},
    {"holders", "leverage_max", "multiple; the ladder may allow less", 1, 125,
     at<&MarketConfig::holders, &HolderConfig::leverage_max>},
    {"holders", "isolated_share", "of holders", 0, 1,
     at<&MarketConfig::holders, &HolderConfig::isolated_share>},
    {"holders", "cross_spare", "of a cross wallet beyond what is needed, multiple", 0, 100,
     at<&MarketConfig::holders, &HolderConfig::cross_spare>},
    {"holders", "crowding", "log odds of entering with the trend, per deviation", -5, 5,
     at<&MarketConfig::holders, &HolderConfig::crowding>},
    {"holders", "long_bias", "log odds of entering long", -5, 5,
     at<&MarketConfig::holders, &HolderConfig::long_bias>},
    {"holders", "stop_share", "of positions", 0, 1,
     at<&MarketConfig::holders, &HolderConfig::stop_share>},
    {"holders", "halve_share", "of what is done when a holding time is over", 0, 1,
     at<&MarketConfig::holders, &HolderConfig::halve_share>},
    {"holders", "add_share", "of what is done when a holding time is over", 0, 1,
     at<&MarketConfig::holders, &HolderConfig::add_share>},
    {"holders", "losing_patience", "closes a losing position with this probability", 0.01, 1,
     at<&MarketConfig::holders, &HolderConfig::losing_patience>},
    {"holders", "holding_short_s", "mean, seconds", 1, kYearS,
     at_holding<&HolderConfig::holding_mean, 0>},
    {"holders", "holding_middle_s", "mean, seconds", 1, kYearS,
     at_holding<&HolderConfig::holding_mean, 1>},
    {"holders", "holding_long_s", "mean, seconds", 1, kYearS,
     at_holding<&HolderConfig::holding_mean, 2>},
    {"holders", "share_short", "of entries", 0, 1, at_holding<&HolderConfig::holding_share, 0>},
    {"holders", "share_middle", "of entries", 0, 1, at_holding<&HolderConfig::holding_share, 1>},
    {"holders", "share_long", "of entries; the three sum to 1", 0, 1,
     at_holding<&HolderConfig::holding_share, 2>},
    {"holders", "idle_mean_s", "between two positions, seconds", 1, kYearS,
     at<&MarketConfig::holders, &HolderConfig::idle_mean>},

    {"arbitrage", "count", "arbitrageurs between venues", 0, 100,
     at<&MarketConfig::arbitrage, &ArbitrageConfig::count>},
    {"arbitrage", "look_mean_s", "seconds", 0.01, 3'600,
     at<&MarketConfig::arbitrage, &ArbitrageConfig::look_mean>},
    {"arbitrage", "gap_least", "of the price", 0, 0.1,
     at<&MarketConfig::arbitrage, &ArbitrageConfig::gap_least>},
    {"arbitrage", "order_usd", "USD", 1, 1e9,
     at<&MarketConfig::arbitrage, &ArbitrageConfig::order_usd>},

    {"readers", "map_interval_s", "a new map so often, seconds", 60, 86'400,
     at<&MarketConfig::readers, &ReaderConfig::map_interval>},
    {"readers", "hunters", "accounts a venue", 0, 1'000,
     at<&MarketConfig::readers, &ReaderConfig::hunters>},
    {"readers", "hunter_usd", "of one push, USD", 1, 1e9,
     at<&MarketConfig::readers, &ReaderConfig::hunter_usd>},
    {"readers", "hunter_reach", "of the price", 0.001, 0.2,
     at<&MarketConfig::readers, &ReaderConfig::hunter_reach>},
    {"readers", "hunter_gain", "cluster over cost from which a push is made", 0, 100,
     at<&MarketConfig::readers, &ReaderConfig::hunter_gain>},
    {"readers", "avoider_share", "of holders", 0, 1,
     at<&MarketConfig::readers, &ReaderConfig::avoider_share>},
    {"readers", "providers", "accounts a venue", 0, 1'000,
     at<&MarketConfig::readers, &ReaderConfig::providers>},
    {"readers", "provider_share", "of a cluster's USD, all providers together", 0, 10,
     at<&MarketConfig::readers, &ReaderConfig::provider_share>},
    {"readers", "cluster_ratio", "of the mean density within 5 %, to be a cluster", 1, 100,
     at<&MarketConfig::readers, &ReaderConfig::cluster_ratio>},

    {"venue", "share", "of takers, holders and depth, relative to the others", 1e-6, 1e6,
     at_venue<&VenueConfig::share>},
    {"venue", "index_weight", "of its mid in the index", 0, 100,
     at_venue<&VenueConfig::index_weight>},
    {"venue", "latency_s", "of holders' and arbitrageurs' orders, seconds", 0, 60,
     at_venue<&VenueConfig::latency>},
    {"venue", "taker_fee_e6", "1e-6 of value", 0, 10'000,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::taker_fee_e6>},
    {"venue", "maker_fee_e6", "1e-6 of value; negative: a rebate", -1'000, 10'000,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::maker_fee_e6>},
    {"venue", "basis_window_s", "of the mark's moving average, seconds", 1, 3'600,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::mark, &MarkConfig::basis_window>},
    {"venue", "funding_interval_s", "seconds", 60, kDayS,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::funding, &FundingConfig::interval>},
    {"venue", "funding_rate_max", "of one interval", 0, 0.1,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::funding, &FundingConfig::rate_max>},
    {"venue", "partial_share", "of a large position that goes first", 1e-6, 1,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation,
              &LiquidationConfig::partial_share>},
    {"venue", "partial_from_usd", "USD from which a position is large", 0, 1e12,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation,
              &LiquidationConfig::partial_from_usd>},
    {"venue", "cool_down_s", "between the parts, seconds", 0, kDayS,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation, &LiquidationConfig::cool_down>},
    {"venue", "takeover_share", "of maintenance, below which the fund takes over", 0, 1,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation,
              &LiquidationConfig::takeover_share>},
    {"venue", "liquidation_fee_e6", "1e-6 of what is liquidated in the book", 0, 100'000,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation, &LiquidationConfig::fee_e6>},
    {"venue", "fund_usd", "what the insurance fund begins with, USD", 0, 1e12,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation, &LiquidationConfig::fund_usd>},
    {"venue", "fund_floor_share", "of it, below which accounts are deleveraged", 0, 1,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation,
              &LiquidationConfig::fund_floor_share>},
    {"venue", "fund_position_usd_max", "that the fund may hold, USD", 0, 1e12,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation,
              &LiquidationConfig::fund_position_usd_max>},
    {"venue", "unwind_share", "of the fund's position that it sells a second", 0, 1,
     at_venue<&VenueConfig::exchange, &ExchangeConfig::liquidation,
              &LiquidationConfig::unwind_share>},
};

}  // namespace

const std::vector<ScenarioField>& scenario_fields() { return kFields; }

}  // namespace faultline
