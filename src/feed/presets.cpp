#include "feed/dataset.hpp"

namespace faultline {
namespace {

// The shapes of public history files, as tables in the descriptor's own language. Facts: column
// names, units and sides as the venues and vendors document them.

constexpr std::string_view kVisionKlines = R"(
column_names = ["open_time", "open", "high", "low", "close", "volume", "close_time",
  "quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"]
[[emit]]
kind = "bar"
time = { column = "open_time" }
open = "open"
high = "high"
low = "low"
close = "close"
volume = "volume"
taker_buy_volume = "taker_buy_volume"
last_time = "close_time"
)";

constexpr std::string_view kVisionAggTrades = R"(
column_names = ["agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id",
  "transact_time", "is_buyer_maker"]
[[emit]]
kind = "trade"
time = { column = "transact_time" }
price = "price"
qty = "quantity"
taker_side = { column = "is_buyer_maker", words = { true = "sell", false = "buy" } }
trade_id = "agg_trade_id"
running_ids = true
)";

constexpr std::string_view kVisionTrades = R"(
column_names = ["id","price","qty","quote_qty","time","is_buyer_maker"]
[[emit]]
kind = "trade"
time = { column = "time" }
price = "price"
qty = "qty"
taker_side = { column = "is_buyer_maker", words = { true = "sell", false = "buy" } }
trade_id = "id"
running_ids = true
)";

constexpr std::string_view kVisionMetrics = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "open_interest"
interval = "5m"
skip_absent = true
time = { column = "create_time", unit = "text" }
qty = { column = "sum_open_interest", rounding = "nearest" }
[[emit]]
kind = "long_short_ratio"
interval = "5m"
time = { column = "create_time", unit = "text" }
accounts = { column = "count_long_short_ratio", rounding = "nearest" }
top_accounts = { column = "count_toptrader_long_short_ratio", rounding = "nearest" }
top_positions = { column = "sum_toptrader_long_short_ratio", rounding = "nearest" }
taker_volume = { column = "sum_taker_long_short_vol_ratio", rounding = "nearest" }
)";

constexpr std::string_view kVisionFunding = R"(
column_names = ["calc_time","funding_interval_hours","last_funding_rate"]
[[emit]]
kind = "funding"
time = { column = "calc_time" }
rate = { column = "last_funding_rate", rounding = "nearest" }
)";

constexpr std::string_view kVisionBookDepth = R"(
header = "yes"
[[emit]]
kind = "depth_band"
time = { column = "timestamp", unit = "text" }
band = { column = "percentage", unit = "percent" }
qty = { column = "depth", rounding = "nearest" }
notional = { column = "notional", rounding = "nearest" }
)";

constexpr std::string_view kVisionLiquidations = R"(
column_names = ["time", "side", "order_type", "time_in_force", "original_quantity", "price",
  "average_price", "order_status", "last_fill_quantity", "accumulated_fill_quantity"]
[[emit]]
kind = "liquidation"
duplicates = "remove"
time = { column = "time" }
side = { column = "side", words = { sell = "long", buy = "short" } }
price = { column = "average_price", rounding = "nearest" }
price_kind = "fill"
qty = "accumulated_fill_quantity"
completeness = "latest_per_second"
)";

constexpr std::string_view kTardisTrades = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "trade"
time = { column = "timestamp", unit = "us" }
price = "price"
qty = "amount"
taker_side = { column = "side", words = { buy = "buy", sell = "sell", unknown = "unknown" } }
trade_id = "id"
)";

constexpr std::string_view kTardisTicker = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "mark"
time = { column = "timestamp", unit = "us" }
mark = { column = "mark_price", rounding = "nearest" }
index = { column = "index_price", rounding = "nearest" }
funding_rate = { column = "funding_rate", rounding = "nearest" }
[[emit]]
kind = "open_interest"
skip_absent = true
time = { column = "timestamp", unit = "us" }
qty = { column = "open_interest", rounding = "nearest" }
)";

constexpr std::string_view kTardisLiquidations = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "liquidation"
duplicates = "keep"
time = { column = "timestamp", unit = "us" }
side = { column = "side", words = { sell = "long", buy = "short" } }
price = "price"
price_kind = "unknown"
qty = "amount"
completeness = "unknown"
)";

constexpr std::string_view kTardisL2 = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "book"
duplicates = "keep"
time = { column = "timestamp", unit = "us" }
is_snapshot = { column = "is_snapshot", words = { true = "yes", false = "no" } }
is_bid = { column = "side", words = { bid = "yes", ask = "no" } }
price = "price"
qty = "amount"
)";

constexpr std::string_view kTardisSnapshot25 = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "book"
duplicates = "keep"
time = { column = "timestamp", unit = "us" }
[emit.levels]
bid_price = "bids[{}].price"
bid_qty = "bids[{}].amount"
ask_price = "asks[{}].price"
ask_qty = "asks[{}].amount"
count = 25
)";

constexpr std::string_view kTardisQuotes = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "quote"
duplicates = "keep"
time = { column = "timestamp", unit = "us" }
bid_price = "bid_price"
bid_qty = "bid_amount"
ask_price = "ask_price"
ask_qty = "ask_amount"
)";

constexpr std::string_view kBybitTrades = R"(
header = "yes"
symbol_column = "symbol"
[[emit]]
kind = "trade"
time = { column = "timestamp", unit = "s" }
price = "price"
qty = "size"
taker_side = { column = "side", words = { buy = "buy", sell = "sell" } }
trade_id = "trdMatchID"
)";

constexpr std::string_view kOkxTrades = R"(
header = "yes"
symbol_column = "instrument_name"
[[emit]]
kind = "trade"
time = { column = "created_time" }
price = "price"
qty = "size"
taker_side = { column = "side", words = { buy = "buy", sell = "sell" } }
trade_id = "trade_id"
)";

constexpr std::string_view kGateTrades = R"(
header = "no"
column_names = ["ts","id","price","size"]
[[emit]]
kind = "trade"
time = { column = "ts", unit = "s" }
price = "price"
qty = { column = "size", absolute = true }
taker_side = { column = "size", sign = true }
trade_id = "id"
)";

}  // namespace

std::vector<PresetInfo> preset_list() {
  return {
      {"binance_vision_klines", "Binance Vision klines (any interval)", kVisionKlines},
      {"binance_vision_agg_trades", "Binance Vision aggTrades", kVisionAggTrades},
      {"binance_vision_trades", "Binance Vision trades", kVisionTrades},
      {"binance_vision_metrics", "Binance Vision metrics: open interest and long/short ratios",
       kVisionMetrics},
      {"binance_vision_funding_rate", "Binance Vision fundingRate", kVisionFunding},
      {"binance_vision_book_depth", "Binance Vision bookDepth: cumulative depth by distance",
       kVisionBookDepth},
      {"binance_vision_liquidation_snapshot", "Binance Vision liquidationSnapshot (COIN-M)",
       kVisionLiquidations},
      {"tardis_trades", "Tardis trades", kTardisTrades},
      {"tardis_derivative_ticker", "Tardis derivative_ticker: mark, index, funding, open interest",
       kTardisTicker},
      {"tardis_liquidations", "Tardis liquidations", kTardisLiquidations},
      {"tardis_incremental_book_l2", "Tardis incremental_book_L2", kTardisL2},
      {"tardis_book_snapshot_25", "Tardis book_snapshot_25", kTardisSnapshot25},
      {"tardis_quotes", "Tardis quotes", kTardisQuotes},
      {"bybit_trades", "Bybit public trade files", kBybitTrades},
      {"okx_trades", "OKX public trade files", kOkxTrades},
      {"gate_trades", "Gate public trade files (no header)", kGateTrades},
  };
}

}  // namespace faultline
