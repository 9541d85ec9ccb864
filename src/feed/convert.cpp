#include "feed/convert.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "base/hash.hpp"
#include "text/config.hpp"
#include "text/digits.hpp"
#include "text/json.hpp"

namespace faultline {
namespace {

enum RowState : std::uint8_t { kGood = 0, kFailed = 1, kLeftOut = 2 };

constexpr std::size_t kSeenWordsMax = 16;
constexpr std::int64_t kTimeEarliest = 1'230'768'000'000'000'000;
constexpr std::int64_t kTimeLatest = 4'102'444'800'000'000'000;

Outcome<std::size_t> find_column(std::string_view name, std::span<const std::string> header,
                                 const std::string& file, std::uint64_t line) {
  const auto found = std::ranges::find(header, name);
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  const std::string near = nearest_word(name, {header.begin(), header.end()});
  std::string note = "the descriptor's line " + std::to_string(line) + " asks for it";
  if (!near.empty()) note += "; the file has " + near;
  return Diagnostic{.code = Errc::kMissingColumn,
                    .file = file,
                    .line = 1,
                    .field = std::string(name),
                    .value = {},
                    .note = note};
}

// The text's unit for one count: what is left of `unit` after the factor. Exact or absent.
std::optional<Decimal> divided(Decimal unit, Decimal factor) {
  if (unit.mantissa % factor.mantissa == 0) {
    return Decimal{unit.mantissa / factor.mantissa, unit.exponent - factor.exponent};
  }
  // One part in a power of ten: 1 / 0.5 = 2, 1 / 25 = 0.04.
  std::int64_t mantissa = unit.mantissa;
  int exponent = unit.exponent;
  for (int i = 0; i < 12; ++i) {
    mantissa *= 10;
    --exponent;
    if (mantissa % factor.mantissa == 0)
      return Decimal{mantissa / factor.mantissa, exponent - factor.exponent};
  }
  return std::nullopt;
}

std::string with_level(std::string pattern, std::size_t level) {
  const std::size_t at = pattern.find("{}");
  if (at != std::string::npos) pattern.replace(at, 2, std::to_string(level));
  return pattern;
}

bool is_decimal_integer(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Outcome<RowConverter> RowConverter::make(const TableSpec& table, const EmitSpec& emit,
                                         const InstrumentSpec& spec,
                                         std::span<const std::string> header,
                                         const std::string& file) {
  RowConverter converter(emit);
  converter.absent_words_ = table.absent_words;
  converter.field_count_ = header.size();
  converter.spec_ = spec;
  converter.batch_ = ColumnBatch(emit.kind);
  if (auto done = converter.plan_columns(table, spec, header, file); !done) return done.error();
  if (emit.levels) {
    if (auto done = converter.plan_levels(header, file, emit.line); !done) return done.error();
  }
  return converter;
}

Outcome<void> RowConverter::plan_columns(const TableSpec& table, const InstrumentSpec& spec,
                                         std::span<const std::string> header,
                                         const std::string& file) {
  const auto infos = fields_of(emit_.kind);
  const auto specs = columns_of(emit_.kind);
  const auto symbol_factor = table.symbol.qty_factor.find(spec.id.symbol);
  for (std::size_t column = 0; column < infos.size(); ++column) {
    ColumnPlan plan;
    plan.meaning = infos[column].meaning;
    plan.is_nullable = specs[column].is_nullable;
    const auto& source = emit_.fields[column];
    if (source) {
      plan.source = &*source;
      plan.is_constant = source->constant.has_value();
    }
    if (source && !plan.is_constant) {
      const Outcome<std::size_t> field = find_column(source->column, header, file, source->line);
      if (!field) return field.error();
      plan.field = *field;
      Decimal factor = source->factor;
      if (plan.meaning == Meaning::kQty && symbol_factor != table.symbol.qty_factor.end()) {
        factor = Decimal{factor.mantissa * symbol_factor->second.mantissa,
                         factor.exponent + symbol_factor->second.exponent};
      }
      const std::optional<Decimal> unit =
          source->is_usd ? Decimal{1, -6} : divided(unit_of(plan.meaning, spec), factor);
      if (!unit) {
        return Diagnostic{.code = Errc::kOffGrid,
                          .file = file,
                          .field = source->column,
                          .note = "the factor does not divide the instrument's unit"};
      }
      plan.unit = *unit;
      if (plan.unit.mantissa == 1 && plan.unit.exponent <= 0 && plan.unit.exponent >= -18) {
        plan.places = -plan.unit.exponent;
      }
    }
    plans_.push_back(std::move(plan));
  }
  return {};
}

Outcome<void> RowConverter::plan_levels(std::span<const std::string> header,
                                        const std::string& file, std::uint64_t line) {
  const LevelLayout& layout = *emit_.levels;
  if (layout.count == 0) {
    const Outcome<std::size_t> bids = find_column(layout.bids, header, file, line);
    if (!bids) return bids.error();
    const Outcome<std::size_t> asks = find_column(layout.asks, header, file, line);
    if (!asks) return asks.error();
    bids_field_ = *bids;
    asks_field_ = *asks;
    return {};
  }
  for (std::size_t level = 0; level < layout.count; ++level) {
    for (const bool is_bid : {true, false}) {
      LevelPlan plan;
      plan.is_bid = is_bid;
      const std::string& price_name = is_bid ? layout.bid_price : layout.ask_price;
      const std::string& qty_name = is_bid ? layout.bid_qty : layout.ask_qty;
      const Outcome<std::size_t> price =
          find_column(with_level(price_name, level), header, file, line);
      if (!price) return price.error();
      const Outcome<std::size_t> qty = find_column(with_level(qty_name, level), header, file, line);
      if (!qty) return qty.error();
      plan.price = *price;
      plan.qty = *qty;
      levels_.push_back(plan);
    }
  }
  return {};
}

bool RowConverter::is_absent(std::string_view text) const {
  return text.empty() || std::ranges::find(absent_words_, text) != absent_words_.end();
}

void RowConverter::fail(std::size_t row, std::size_t column, Errc code) {
  if (state_[row] != kGood) return;
  state_[row] = kFailed;
  failures_.push_back(
      RejectedRow{static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column), code});
}

std::string_view RowConverter::field_text(const CsvBlock& block, std::uint32_t row,
                                          std::size_t field, Errc& code) {
  const std::string_view raw = block.raw(row, field);
  if (!block.has_quotes) return raw;
  const Result<std::string_view> text = unquote(raw, scratch_);
  if (text) return *text;
  code = text.error().code;
  return {};
}

bool RowConverter::read_number(const ColumnPlan& plan, std::string_view text, std::int64_t& out,
                               Errc& code) const {
  if (plan.places >= 0 && parse_digits(text.data(), text.data() + text.size(), plan.places, out))
    return true;
  const Result<Decimal> value = parse_decimal(text);
  if (!value) {
    code = value.error().code;
    return false;
  }
  Decimal number = *value;
  if (plan.source->is_absolute) number.mantissa = std::abs(number.mantissa);
  const bool is_lossy = plan.source->is_rounded || plan.source->is_usd;
  const Result<std::int64_t> count =
      is_lossy ? nearest_units_lossy(number, plan.unit) : units_of(number, plan.unit);
  if (!count) {
    code = count.error().code;
    return false;
  }
  out = *count;
  return true;
}

bool RowConverter::read_word(ColumnPlan& plan, std::string_view text, std::int64_t& out,
                             Errc& code) {
  if (plan.source->is_sign) {
    const Result<Decimal> value = parse_decimal(text);
    code = value ? Errc::kBadSide : value.error().code;
    if (!value || value->mantissa == 0) return false;
    out = value->mantissa > 0 ? 0 : 1;
    return true;
  }
  for (const auto& [word, meaning] : plan.seen_words) {
    if (word != text) continue;
    out = meaning;
    return true;
  }
  std::string key(text);
  std::ranges::transform(key, key.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = plan.source->words.find(key);
  if (found == plan.source->words.end()) {
    code = plan.meaning == Meaning::kSide || plan.meaning == Meaning::kTakerSide
               ? Errc::kBadSide
               : Errc::kUnexpectedField;
    return false;
  }
  out = found->second;
  if (plan.seen_words.size() < kSeenWordsMax) plan.seen_words.emplace_back(text, out);
  return true;
}

bool RowConverter::read_value(ColumnPlan& plan, std::string_view text, std::int64_t& out,
                              Errc& code) {
  switch (plan.meaning) {
    case Meaning::kTime: {
      const TimeUnit unit = plan.source->time_unit;
      // Thirteen digits are milliseconds: nearly every file.
      const bool is_millis =
          text.size() == 13 && (unit == TimeUnit::kMillis || unit == TimeUnit::kAuto);
      if (is_millis && parse_digits(text.data(), text.data() + text.size(), 6, out)) return true;
      const Result<UnixNanos> time = parse_time(text, unit);
      if (!time) {
        code = time.error().code;
        return false;
      }
      out = time->value - plan.source->utc_offset.value;
      return true;
    }
    case Meaning::kSide:
    case Meaning::kTakerSide:
    case Meaning::kFlag:
    case Meaning::kMarginMode:
    case Meaning::kPriceKind:
    case Meaning::kCompleteness:
      return read_word(plan, text, out, code);
    case Meaning::kId:
      if (is_decimal_integer(text)) {
        out = 0;
        for (const char c : text) out = out * 10 + (c - '0');
      } else {
        out = static_cast<std::int64_t>(Hash64().add_text(text).value() >> 1);
      }
      return true;
    default:
      return read_number(plan, text, out, code);
  }
}

void RowConverter::fill_column(const CsvBlock& block, std::span<const std::uint32_t> rows,
                               std::size_t column) {
  ColumnPlan& plan = plans_[column];
  Column& out = batch_.columns[column];
  const std::size_t count = rows.size();
  out.present.clear();
  if (plan.source == nullptr) {
    out.values.assign(count, 0);
    if (plan.is_nullable) out.present.assign(count, 0);
    return;
  }
  if (plan.is_constant) {
    out.values.assign(count, *plan.source->constant);
    return;
  }
  out.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (state_[i] != kGood) continue;
    Errc code = Errc::kNotANumber;
    bool is_broken = false;
    std::string_view text;
    if (block.has_quotes) {
      code = Errc::kEmpty;
      text = field_text(block, rows[i], plan.field, code);
      is_broken = code != Errc::kEmpty;
    } else {
      text = block.raw(rows[i], plan.field);
    }
    if (!is_broken && !is_absent(text)) {
      if (!read_value(plan, text, out.values[i], code)) fail(i, column, code);
      continue;
    }
    if (is_broken) {
      fail(i, column, code);
    } else if (plan.is_nullable) {
      if (out.present.empty()) out.present.assign(count, 1);
      out.present[i] = 0;
      out.values[i] = 0;
    } else if (emit_.skips_absent) {
      state_[i] = kLeftOut;
    } else {
      fail(i, column, Errc::kEmpty);
    }
  }
}

// Close stamps become open stamps, and every time is checked against the years that can be.
void RowConverter::finish_times() {
  auto& times = batch_.columns[0].values;
  const bool is_close = emit_.stamp == Stamp::kClose;
  const bool has_length = plans_.size() > 1 && plans_[1].meaning == Meaning::kLength;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (state_[i] != kGood) continue;
    if (is_close && has_length) times[i] -= batch_.columns[1].values[i];
    if (times[i] < kTimeEarliest || times[i] >= kTimeLatest) fail(i, 0, Errc::kBadTime);
  }
}

// Amounts given in USD become quantities through the row's own price; the nearest lot, because the
// venue rounded as well.
void RowConverter::finish_usd_quantities() {
  const auto infos = fields_of(emit_.kind);
  const auto price = std::ranges::find_if(infos, [](const FieldInfo& info) {
    return info.meaning == Meaning::kPriceE9 || info.meaning == Meaning::kPriceTicks;
  });
  for (std::size_t column = 0; column < plans_.size(); ++column) {
    const ColumnPlan& plan = plans_[column];
    if (plan.source == nullptr || !plan.source->is_usd) continue;
    auto& values = batch_.columns[column].values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (state_[i] != kGood) continue;
      double unit_price = 1.0;
      if (spec_.kind == ContractKind::kLinear) {
        if (price == infos.end()) {
          fail(i, column, Errc::kMissingField);
          continue;
        }
        const auto at = static_cast<std::size_t>(price - infos.begin());
        const Decimal unit = price->meaning == Meaning::kPriceE9 ? Decimal{1, -9} : spec_.tick_size;
        unit_price = to_double_approx(batch_.columns[at].values[i], unit);
      }
      const double per_lot = unit_price * to_double_approx(spec_.contract_multiplier) *
                             to_double_approx(spec_.lot_size);
      const double lots = static_cast<double>(values[i]) * 1e-6 / per_lot;
      if (!(per_lot > 0.0) || !(std::abs(lots) < 9e18)) {
        fail(i, column, Errc::kOutOfRange);
        continue;
      }
      values[i] = std::llround(lots);
    }
  }
}

// What no recorded market can be: prices at or below zero, a high below a low, negative amounts.
void RowConverter::check_rows() {
  const auto infos = fields_of(emit_.kind);
  for (std::size_t column = 0; column < plans_.size(); ++column) {
    const Meaning meaning = infos[column].meaning;
    const bool is_price = meaning == Meaning::kPriceE9 || meaning == Meaning::kPriceTicks;
    const bool is_amount = meaning == Meaning::kQty;
    if (!is_price && !is_amount) continue;
    const bool is_event = emit_.kind == EventKind::kTrade ||
                          emit_.kind == EventKind::kLiquidation ||
                          emit_.kind == EventKind::kPosition;
    const std::int64_t smallest = is_price || (is_amount && is_event) ? 1 : 0;
    const Column& values = batch_.columns[column];
    for (std::size_t i = 0; i < values.values.size(); ++i) {
      if (values.has(i) && values.values[i] < smallest) fail(i, column, Errc::kOutOfRange);
    }
  }
  if (emit_.kind != EventKind::kBar) return;
  for (std::size_t i = 0; i < state_.size(); ++i) {
    const auto value = [&](std::size_t column) { return batch_.columns[column].values[i]; };
    if (state_[i] != kGood) continue;
    if (value(4) < std::max(value(3), value(6))) fail(i, 4, Errc::kOutOfRange);
    if (value(5) > std::min(value(3), value(6))) fail(i, 5, Errc::kOutOfRange);
    if (batch_.columns[7].has(i) && batch_.columns[8].has(i) && value(8) > value(7))
      fail(i, 8, Errc::kOutOfRange);
  }
}

void RowConverter::convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                           ColumnBatch& out, std::vector<RejectedRow>& rejected,
                           ConvertCounts& counts) {
  const std::size_t count = rows.size();
  state_.assign(count, kGood);
  failures_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t fields = block.field_count(rows[i]);
    if (fields != field_count_)
      fail(i, 0, fields < field_count_ ? Errc::kMissingField : Errc::kTooManyFields);
  }
  const std::size_t planned = emit_.levels ? 1 : plans_.size();
  for (std::size_t column = 0; column < planned; ++column) fill_column(block, rows, column);
  finish_times();
  if (emit_.levels) {
    convert_levels(block, rows, out, rejected, counts);
    return;
  }
  finish_usd_quantities();
  check_rows();
  const bool all_good =
      std::ranges::all_of(state_, [](std::uint8_t state) { return state == kGood; });
  for (std::size_t column = 0; column < plans_.size(); ++column) {
    const Column& from = batch_.columns[column];
    Column& to = out.columns[column];
    const std::size_t before = to.values.size();
    if (!from.present.empty() && to.present.empty()) to.present.assign(before, 1);
    if (all_good) {
      to.values.insert(to.values.end(), from.values.begin(), from.values.end());
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        if (state_[i] == kGood) to.values.push_back(from.values[i]);
      }
    }
    if (to.present.empty()) continue;
    for (std::size_t i = 0; i < count; ++i) {
      if (state_[i] == kGood) to.present.push_back(from.has(i) ? 1 : 0);
    }
  }
  for (const std::uint8_t state : state_) counts.skipped_absent += state == kLeftOut ? 1 : 0;
  for (const RejectedRow& failure : failures_) {
    rejected.push_back(RejectedRow{rows[failure.row], failure.column, failure.code});
  }
}

// Books: one row of the file becomes many of ours, so they are appended level by level.
void RowConverter::convert_levels(const CsvBlock& block, std::span<const std::uint32_t> rows,
                                  ColumnBatch& out, std::vector<RejectedRow>& rejected,
                                  ConvertCounts& counts) {
  ColumnBatch one(EventKind::kBook);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (state_[i] != kGood) continue;
    one.clear();
    const std::int64_t time = batch_.columns[0].values[i];
    Errc code = Errc::kBadJson;
    bool is_good = true;
    if (emit_.levels->count > 0) {
      is_good = wide_levels(block, rows[i], time, one, counts, code);
    } else {
      for (const auto& [field, is_bid] :
           {std::pair(bids_field_, true), std::pair(asks_field_, false)}) {
        const std::string_view text = field_text(block, rows[i], field, code);
        is_good = is_good && nested_levels(text, is_bid, time, one, code);
      }
    }
    if (!is_good) {
      fail(i, 3, code);
      continue;
    }
    for (std::size_t column = 0; column < one.columns.size(); ++column) {
      auto& to = out.columns[column].values;
      to.insert(to.end(), one.columns[column].values.begin(), one.columns[column].values.end());
    }
  }
  for (const RejectedRow& failure : failures_) {
    rejected.push_back(RejectedRow{rows[failure.row], failure.column, failure.code});
  }
}

bool RowConverter::wide_levels(const CsvBlock& block, std::uint32_t row, std::int64_t time,
                               ColumnBatch& out, ConvertCounts& counts, Errc& code) {
  for (const LevelPlan& level : levels_) {
    const std::string_view price_text = block.raw(row, level.price);
    const std::string_view qty_text = block.raw(row, level.qty);
    if (is_absent(price_text) || is_absent(qty_text)) {
      ++counts.skipped_levels;
      continue;
    }
    const Result<std::int64_t> price = parse_units(price_text, spec_.tick_size);
    const Result<std::int64_t> qty = parse_units(qty_text, spec_.lot_size);
    if (!price || !qty) {
      code = price ? qty.error().code : price.error().code;
      return false;
    }
    const std::array<std::optional<std::int64_t>, 5> values{time, 1, level.is_bid ? 1 : 0, *price,
                                                            *qty};
    out.append(values);
  }
  return true;
}

bool RowConverter::nested_levels(std::string_view text, bool is_bid, std::int64_t time,
                                 ColumnBatch& out, Errc& code) {
  const Result<JsonValue> json = parse_json(text);
  code = Errc::kBadJson;
  if (!json || json->as_array() == nullptr) return false;
  for (const JsonValue& level : *json->as_array()) {
    const JsonValue::Array* pair = level.as_array();
    if (pair == nullptr || pair->size() < 2) return false;
    std::array<std::int64_t, 2> counts{};
    for (std::size_t part = 0; part < 2; ++part) {
      const std::string* quoted = (*pair)[part].as_string();
      const std::string plain = quoted != nullptr ? *quoted : write_json((*pair)[part]);
      const Result<std::int64_t> count =
          parse_units(plain, part == 0 ? spec_.tick_size : spec_.lot_size);
      if (!count) {
        code = count.error().code;
        return false;
      }
      counts[part] = *count;
    }
    const std::array<std::optional<std::int64_t>, 5> values{time, 1, is_bid ? 1 : 0, counts[0],
                                                            counts[1]};
    out.append(values);
  }
  return true;
}

}  // namespace faultline
