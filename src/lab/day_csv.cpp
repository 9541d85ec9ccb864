#include "lab/day_csv.hpp"

#include "base/check.hpp"
#include "core/event.hpp"

namespace faultline {
namespace {

constexpr std::string_view kTradesFile = "lab-aggTrades.csv";
constexpr std::string_view kTickerFile = "lab-ticker.csv";
constexpr std::string_view kFundingFile = "lab-fundingRate.csv";
constexpr std::string_view kLiquidationsFile = "lab-liquidations.csv";
constexpr std::string_view kPositionsFile = "lab-positions.csv";

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr Decimal kE9{1, -9};
constexpr Decimal kE6{1, -6};

// One file on its way to the sink: fields, then end_row().
class CsvOut {
 public:
  CsvOut(const FileSink& sink, std::string_view file_name, std::string_view header)
      : sink_(sink), file_name_(file_name), text_(header) {
    text_ += '\n';
  }

  CsvOut& put(std::string_view field) {
    if (!is_row_begin_) text_ += ',';
    is_row_begin_ = false;
    text_ += field;
    return *this;
  }
  CsvOut& put(std::int64_t count, Decimal unit) { return put(to_text(count, unit)); }
  CsvOut& put_time(std::int64_t nanos) { return put(std::to_string(nanos / kNanosPerMilli)); }
  // An absent value is an empty field.
  CsvOut& put(const Column& column, std::size_t row, Decimal unit) {
    return column.has(row) ? put(column.values[row], unit) : put("");
  }

  Result<void> end_row() {
    text_ += '\n';
    is_row_begin_ = true;
    return text_.size() < kPieceBytes ? Result<void>() : finish();
  }
  Result<void> finish() {
    if (text_.empty()) return {};
    Result<void> done = sink_(file_name_, text_);
    text_.clear();
    return done;
  }

 private:
  const FileSink& sink_;
  std::string_view file_name_;
  std::string text_;
  bool is_row_begin_ = true;
};

bool is_word(std::int64_t value, TakerSide side) { return value == static_cast<int>(side); }
bool is_word(std::int64_t value, Side side) { return value == static_cast<int>(side); }

// Every trade is its own aggregate: first and last trade id are its own.
Result<void> write_trades(const LabDay& day, const FileSink& sink) {
  CsvOut out(sink, kTradesFile,
             "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
             "is_buyer_maker");
  const auto time = day.trades.column("time");
  const auto price = day.trades.column("price_ticks");
  const auto qty = day.trades.column("qty");
  const auto taker = day.trades.column("taker_side");
  const auto id = day.trades.column("trade_id");
  for (std::size_t row = 0; row < time.size(); ++row) {
    const std::string id_text = std::to_string(id[row]);
    out.put(id_text).put(price[row], day.instrument.tick_size);
    out.put(qty[row], day.instrument.lot_size).put(id_text).put(id_text).put_time(time[row]);
    out.put(is_word(taker[row], TakerSide::kSell) ? "true" : "false");
    if (auto done = out.end_row(); !done) return done.error();
  }
  return out.finish();
}

Result<void> write_ticker(const LabDay& day, const FileSink& sink) {
  CsvOut out(sink, kTickerFile, "timestamp_ms,mark_price,index_price,funding_rate,open_interest");
  const auto time = day.marks.column("time");
  const auto oi_time = day.open_interest.column("time");
  const auto oi_qty = day.open_interest.column("qty");
  std::size_t oi_row = 0;
  for (std::size_t row = 0; row < time.size(); ++row) {
    out.put_time(time[row]);
    for (const std::size_t column : {1U, 2U, 3U}) out.put(day.marks.columns[column], row, kE9);
    const bool has_oi = oi_row < oi_time.size() && oi_time[oi_row] == time[row];
    has_oi ? out.put(oi_qty[oi_row++], day.instrument.lot_size) : out.put("");
    if (auto done = out.end_row(); !done) return done.error();
  }
  // Both are written at ticks; a row without its tick would be lost in silence.
  FAULTLINE_CHECK(oi_row == oi_time.size());
  return out.finish();
}

Result<void> write_funding(const LabDay& day, const LabConfig& config, const FileSink& sink) {
  CsvOut out(sink, kFundingFile, "calc_time,funding_interval_hours,last_funding_rate");
  const auto time = day.funding.column("time");
  const auto rate = day.funding.column("rate_e9");
  const std::string hours = std::to_string(config.funding_interval.value / kHour.value);
  for (std::size_t row = 0; row < time.size(); ++row) {
    out.put_time(time[row]).put(hours).put(rate[row], kE9);
    if (auto done = out.end_row(); !done) return done.error();
  }
  return out.finish();
}

// The side is that of the forced order, as venues print it: a long is sold.
Result<void> write_liquidations(const LabDay& day, const FileSink& sink) {
  CsvOut out(sink, kLiquidationsFile, "time,side,average_price,quantity");
  const auto time = day.liquidations.column("time");
  const auto side = day.liquidations.column("liquidated_side");
  const auto price = day.liquidations.column("price_e9");
  const auto qty = day.liquidations.column("qty");
  for (std::size_t row = 0; row < time.size(); ++row) {
    out.put_time(time[row]).put(is_word(side[row], Side::kLong) ? "SELL" : "BUY");
    out.put(price[row], kE9).put(qty[row], day.instrument.lot_size);
    if (auto done = out.end_row(); !done) return done.error();
  }
  return out.finish();
}

Result<void> write_positions(const LabDay& day, const FileSink& sink) {
  CsvOut out(sink, kPositionsFile,
             "time,account_id,side,qty,entry_price,leverage,liquidation_price,position_usd");
  const auto at = [&](std::string_view name) -> const Column& {
    return day.positions.columns[column_index(EventKind::kPosition, name)];
  };
  const Column& side = at("side");
  for (std::size_t row = 0; row < day.positions.row_count(); ++row) {
    out.put_time(at("time").values[row]).put(std::to_string(at("account_id").values[row]));
    out.put(is_word(side.values[row], Side::kLong) ? "long" : "short");
    out.put(at("qty"), row, day.instrument.lot_size).put(at("entry_price_e9"), row, kE9);
    out.put(at("leverage_e9"), row, kE9).put(at("liquidation_price_e9"), row, kE9);
    out.put(at("position_usd_e6"), row, kE6);
    if (auto done = out.end_row(); !done) return done.error();
  }
  return out.finish();
}

constexpr std::string_view kTables = R"(
[[instrument]]
id = "simulated:BTCUSDT"
kind = "linear"
tick_size = "0.1"
lot_size = "0.001"
base = "BTC"
quote = "USDT"
settle = "USDT"

[[table]]
files = ["lab-aggTrades.csv"]
instrument = "simulated:BTCUSDT"
preset = "binance_vision_agg_trades"

[[table]]
files = ["lab-ticker.csv"]
header = "yes"
instrument = "simulated:BTCUSDT"
[[table.emit]]
kind = "mark"
time = { column = "timestamp_ms", unit = "ms" }
mark = "mark_price"
index = "index_price"
funding_rate = "funding_rate"
[[table.emit]]
kind = "open_interest"
interval = "10s"
skip_absent = true
time = { column = "timestamp_ms", unit = "ms" }
qty = "open_interest"

[[table]]
files = ["lab-fundingRate.csv"]
instrument = "simulated:BTCUSDT"
preset = "binance_vision_funding_rate"

# Every forced order at its mean fill price; SELL means that a long was liquidated.
[[table]]
files = ["lab-liquidations.csv"]
header = "yes"
instrument = "simulated:BTCUSDT"
[[table.emit]]
kind = "liquidation"
duplicates = "keep"
time = { column = "time", unit = "ms" }
side = { column = "side", words = { sell = "long", buy = "short" } }
price = "average_price"
price_kind = "fill"
qty = "quantity"
completeness = "all"

# The truth. Nothing that estimates may read it.
[[table]]
files = ["lab-positions.csv"]
header = "yes"
instrument = "simulated:BTCUSDT"
[[table.emit]]
kind = "position"
time = { column = "time", unit = "ms" }
account_id = "account_id"
side = { column = "side", words = { long = "long", short = "short" } }
qty = "qty"
entry_price = "entry_price"
leverage = "leverage"
liquidation_price = "liquidation_price"
position_usd = "position_usd"
)";

}  // namespace

Result<void> write_day_csv(const LabDay& day, const LabConfig& config, const FileSink& sink) {
  if (auto done = write_trades(day, sink); !done) return done.error();
  if (auto done = write_ticker(day, sink); !done) return done.error();
  if (auto done = write_funding(day, config, sink); !done) return done.error();
  if (auto done = write_liquidations(day, sink); !done) return done.error();
  return write_positions(day, sink);
}

std::string lab_descriptor(const LabConfig& config) {
  return "name = \"lab\"\nabout = \"A simulated market with known positions, seed " +
         std::to_string(config.seed) + "\"\n" + std::string(kTables);
}

}  // namespace faultline
