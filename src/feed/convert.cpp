#include "feed/convert.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/hash.hpp"
#include "feed/level_scanner.hpp"
#include "text/config.hpp"
#include "text/digits.hpp"

namespace faultline {
namespace {

constexpr std::size_t kSeenWordsMax = 16;
constexpr std::size_t kShortWordBytes = 8;
constexpr std::size_t kPadding = 64;

Outcome<std::size_t> find_column(std::string_view name, std::span<const std::string> header,
                                 const std::string& file, std::uint64_t line) {
  const auto found = std::ranges::find(header, name);
  if (found != header.end()) {
    if (std::ranges::count(header, name) == 1)
      return static_cast<std::size_t>(found - header.begin());
    return Diagnostic{.code = Errc::kDuplicate,
                      .file = file,
                      .line = 1,
                      .field = std::string(name),
                      .note = "the header has this column twice"};
  }
  const std::string near = nearest_word(name, {header.begin(), header.end()});
  std::string note = "the descriptor's line " + std::to_string(line) + " asks for it";
  const bool has_space = near.find_first_of(" \t") != std::string::npos;
  if (!near.empty()) note += "; the file has " + (has_space ? "\"" + near + "\"" : near);
  return Diagnostic{.code = Errc::kMissingColumn,
                    .file = file,
                    .line = 1,
                    .field = std::string(name),
                    .value = {},
                    .note = note};
}

// The text's unit for one count: what is left of `unit` after the factor. Exact or absent.
std::optional<Decimal> divided(Decimal unit, Decimal factor) {
  // One part in a power of ten: 1 / 0.5 = 2, 1 / 25 = 0.04.
  for (int i = 0; i < 18; ++i) {
    if (unit.mantissa % factor.mantissa == 0)
      return Decimal{unit.mantissa / factor.mantissa, unit.exponent - factor.exponent};
    if (__builtin_mul_overflow(unit.mantissa, 10, &unit.mantissa)) return std::nullopt;
    --unit.exponent;
  }
  return std::nullopt;
}

// Decimal places of a unit that is a power of ten, else -1.
int places_of(Decimal unit) {
  const bool is_power = unit.mantissa == 1 && unit.exponent <= 0 && unit.exponent >= -18;
  return is_power ? -unit.exponent : -1;
}

// Fields of which a row without any says nothing.
bool is_all_nullable(EventKind kind) {
  return kind == EventKind::kMark || kind == EventKind::kLiquidationTotal ||
         kind == EventKind::kTakerVolume || kind == EventKind::kLongShortRatio;
}

std::string with_level(std::string pattern, std::size_t level) {
  const std::size_t at = pattern.find("{}");
  if (at != std::string::npos) pattern.replace(at, 2, std::to_string(level));
  return pattern;
}

struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = std::numeric_limits<std::int64_t>::min();
};

// Two comparisons a value and no branch: the checks of whole columns begin with it.
Range range_of(std::span<const std::int64_t> values) {
  Range range;
  for (const std::int64_t value : values) {
    range.least = std::min(range.least, value);
    range.most = std::max(range.most, value);
  }
  return range;
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
  if (auto done = converter.plan_columns(table, header, file); !done) return done.error();
  if (emit.levels) {
    if (auto done = converter.plan_levels(header, file, emit.line); !done) return done.error();
  }
  if (emit.last_time) {
    const auto field = find_column(emit.last_time->column, header, file, emit.last_time->line);
    if (!field) return field.error();
    converter.last_time_field_ = *field;
  }
  return converter;
}

Outcome<void> RowConverter::plan_columns(const TableSpec& table,
                                         std::span<const std::string> header,
                                         const std::string& file) {
  const auto infos = fields_of(emit_.kind);
  const auto specs = columns_of(emit_.kind);
  const auto found = table.symbol.qty_factor.find(spec_.id.symbol);
  const Decimal symbol_factor =
      found == table.symbol.qty_factor.end() ? Decimal{1, 0} : found->second;
  for (std::size_t column = 0; column < infos.size(); ++column) {
    ColumnPlan plan;
    plan.meaning = infos[column].meaning;
    plan.is_nullable = specs[column].is_nullable;
    if (const auto& source = emit_.fields[column]) {
      plan.source = &*source;
      plan.is_constant = source->column.empty();
      if (auto done = plan_source(plan, symbol_factor, header, file); !done) return done;
    }
    plans_.push_back(std::move(plan));
  }
  price_places_ = places_of(spec_.tick_size);
  qty_places_ = places_of(spec_.lot_size);
  return {};
}

Outcome<void> RowConverter::plan_source(ColumnPlan& plan, Decimal symbol_factor,
                                        std::span<const std::string> header,
                                        const std::string& file) {
  const FieldSource& source = *plan.source;
  if (source.constant) {
    plan.constant = *source.constant;
    return {};
  }
  Decimal factor = source.factor;
  if (plan.meaning == Meaning::kQty) {
    factor.exponent += symbol_factor.exponent;
    if (__builtin_mul_overflow(factor.mantissa, symbol_factor.mantissa, &factor.mantissa))
      return Diagnostic{.code = Errc::kOutOfRange, .file = file, .field = "qty_factor"};
  }
  const Decimal own = source.is_usd ? Decimal{1, -6} : unit_of(plan.meaning, spec_);
  const std::optional<Decimal> unit = divided(own, factor);
  if (!unit) {
    return Diagnostic{.code = Errc::kOffGrid,
                      .file = file,
                      .field = source.column,
                      .note = "the factor does not divide the instrument's unit"};
  }
  plan.unit = *unit;
  plan.places = places_of(*unit);
  if (plan.is_constant) return plan_constant(plan, file);
  const Outcome<std::size_t> field = find_column(source.column, header, file, source.line);
  if (!field) return field.error();
  plan.field = *field;
  if (!source.is_usd) return {};
  if (!source.price_column.empty()) {
    const Outcome<std::size_t> price = find_column(source.price_column, header, file, source.line);
    if (!price) return price.error();
    plan.price_field = *price;
    return {};
  }
  const bool has_price = std::ranges::any_of(fields_of(emit_.kind), [](const FieldInfo& info) {
    return info.meaning == Meaning::kPriceE9 || info.meaning == Meaning::kPriceTicks;
  });
  if (has_price || spec_.kind == ContractKind::kInverse) return {};
  return Diagnostic{
      .code = Errc::kMissingField,
      .file = file,
      .field = source.column,
      .note = "an amount in USD needs price = \"column\" here; the descriptor's line " +
              std::to_string(source.line)};
}

// A value of the descriptor is read as if it stood in every row.
Outcome<void> RowConverter::plan_constant(ColumnPlan& plan, const std::string& file) {
  scratch_.assign(kPadding, ' ');
  scratch_ += *plan.source->value;
  const std::string_view text = std::string_view(scratch_).substr(kPadding);
  Errc code = Errc::kNotANumber;
  if (text.empty()) code = Errc::kEmpty;
  if (!text.empty() && read_value(plan, text, plan.constant, code)) return {};
  return Diagnostic{.code = code,
                    .file = file,
                    .field = "value",
                    .value = *plan.source->value,
                    .note = "the descriptor's line " + std::to_string(plan.source->line)};
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

void RowConverter::fail(std::size_t row, std::size_t column, Errc code,
                        std::optional<std::uint32_t> field) {
  if (state_[row] != kGood) return;
  state_[row] = kFailed;
  failures_.push_back(RejectedRow{static_cast<std::uint32_t>(row),
                                  static_cast<std::uint32_t>(column), code, field});
}

// The field without its quotes. The code is left alone unless the quotes are broken.
std::string_view RowConverter::field_text(const CsvBlock& block, std::uint32_t row,
                                          std::size_t field, Errc& code) {
  const std::string_view raw = block.raw(row, field);
  if (!block.has_quotes) return raw;
  const Result<std::string_view> text = unquote(raw, unquoted_);
  if (!text) {
    code = text.error().code;
    return {};
  }
  if (text->data() != unquoted_.data()) return *text;
  // Number readers load whole registers from before the field's end.
  scratch_.assign(kPadding, ' ');
  scratch_ += *text;
  return std::string_view(scratch_).substr(kPadding);
}

bool RowConverter::read_number(const ColumnPlan& plan, std::string_view text, std::int64_t& out,
                               Errc& code) const {
  const FieldSource& source = *plan.source;
  if (plan.places >= 0 && parse_digits(text.data(), text.data() + text.size(), plan.places, out)) {
    if (source.is_negated) out = -out;
    return true;
  }
  const Result<Decimal> value = parse_decimal(text);
  if (!value) {
    code = value.error().code;
    return false;
  }
  Decimal number = *value;
  if (source.is_absolute) number.mantissa = std::abs(number.mantissa);
  if (source.is_negated) number.mantissa = -number.mantissa;
  const bool is_lossy = source.is_rounded || source.is_usd;
  const Result<std::int64_t> count =
      is_lossy ? nearest_units_lossy(number, plan.unit) : units_of(number, plan.unit);
  if (!count) {
    code = count.error().code;
    return false;
  }
  out = *count;
  return true;
}

bool RowConverter::find_seen_word(const ColumnPlan& plan, std::string_view text,
                                  std::int64_t& out) {
  for (const auto& [word, meaning] : plan.seen_words) {
    if (word != text) continue;
    out = meaning;
    return true;
  }
  return false;
}

bool RowConverter::read_word(ColumnPlan& plan, std::string_view text, std::int64_t& out,
                             Errc& code) {
  if (plan.source->is_sign) {
    const Result<Decimal> value = parse_decimal(text);
    code = value ? Errc::kBadSide : value.error().code;
    if (!value || value->mantissa == 0) return false;
    const bool is_yes = (value->mantissa > 0) == (plan.meaning == Meaning::kFlag);
    out = is_yes ? 1 : 0;  // long and buy are 0, yes is 1
    return true;
  }
  if (find_seen_word(plan, text, out)) return true;
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
  if (plan.seen_words.size() >= kSeenWordsMax) return true;
  plan.seen_words.emplace_back(text, out);
  if (text.size() > kShortWordBytes || text.find('\0') != std::string_view::npos) return true;
  ShortWord word{.packed = 0, .value = out};
  std::memcpy(&word.packed, text.data(), text.size());
  plan.short_words.push_back(word);
  return true;
}

bool RowConverter::read_value(ColumnPlan& plan, std::string_view text, std::int64_t& out,
                              Errc& code) {
  switch (plan.meaning) {
    case Meaning::kTime: {
      const TimeUnit unit = plan.source->time_unit;
      const std::int64_t later = plan.source->shift.value - plan.source->utc_offset.value;
      const Result<UnixNanos> time = parse_time(text, unit);
      if (!time) {
        code = time.error().code;
        return false;
      }
      out = time->value + later;
      return true;
    }
    case Meaning::kLength: {
      const Result<Nanos> length = parse_duration(text);
      if (length) out = length->value;
      code = length ? code : length.error().code;
      return length.has_value();
    }
    case Meaning::kSide:
    case Meaning::kTakerSide:
    case Meaning::kFlag:
    case Meaning::kMarginMode:
    case Meaning::kPriceKind:
    case Meaning::kCompleteness:
      return read_word(plan, text, out, code);
    case Meaning::kId:
      if (parse_digits(text.data(), text.data() + text.size(), 0, out)) return true;
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

// Close stamps become open stamps, and every time is checked against the years that can be, the
// period that is wanted, and the time for which ticks and lots are known.
void RowConverter::finish_times(ConvertCounts& counts) {
  auto& times = batch_.columns[0].values;
  const ColumnSpec& years = columns_of(emit_.kind)[0];
  const bool is_close = emit_.stamp == Stamp::kClose;
  const std::int64_t wanted_first = emit_.from ? emit_.from->value : years.least;
  const std::int64_t wanted_end = emit_.to ? emit_.to->value : years.most + 1;
  const std::int64_t valid_first = spec_.valid_from.value;
  const std::int64_t valid_end = spec_.valid_to ? spec_.valid_to->value : years.most + 1;
  const Range range = range_of(times);
  const bool is_inside = range.least >= std::max({years.least, wanted_first, valid_first}) &&
                         range.most < std::min({years.most + 1, wanted_end, valid_end});
  if (!is_close && is_inside) return;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (state_[i] != kGood) continue;
    if (is_close) times[i] -= batch_.columns[1].values[i];
    const bool is_wanted = times[i] >= wanted_first && times[i] < wanted_end;
    const bool is_valid = times[i] >= valid_first && times[i] < valid_end;
    if (times[i] < years.least || times[i] > years.most) {
      fail(i, 0, Errc::kBadTime);
    } else if (!is_wanted || !is_valid) {
      state_[i] = kLeftOut;
      ++(is_wanted ? counts.outside_validity : counts.outside_period);
    }
  }
}

// Amounts given in USD become quantities through a price of the row; the nearest lot, because the
// venue rounded as well.
void RowConverter::finish_usd_quantities(const CsvBlock& block,
                                         std::span<const std::uint32_t> rows) {
  for (std::size_t column = 0; column < plans_.size(); ++column) {
    const ColumnPlan& plan = plans_[column];
    if (plan.source == nullptr || !plan.source->is_usd) continue;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (state_[i] == kGood && batch_.columns[column].has(i))
        finish_usd_quantity(block, rows[i], i, column);
    }
  }
}

void RowConverter::finish_usd_quantity(const CsvBlock& block, std::uint32_t row, std::size_t i,
                                       std::size_t column) {
  const ColumnPlan& plan = plans_[column];
  double price = 1.0;
  if (spec_.kind == ContractKind::kLinear && plan.price_field) {
    const auto field = static_cast<std::uint32_t>(*plan.price_field);
    Errc code = Errc::kEmpty;
    const std::string_view text = field_text(block, row, field, code);
    const Result<Decimal> value = parse_decimal(text);
    if (code != Errc::kEmpty || !value || value->mantissa <= 0) {
      fail(i, column, value ? Errc::kOutOfRange : value.error().code, field);
      return;
    }
    price = to_double_approx(*value);
  } else if (spec_.kind == ContractKind::kLinear) {
    const auto infos = fields_of(emit_.kind);
    for (std::size_t at = infos.size(); at-- > 0;) {
      const bool is_ticks = infos[at].meaning == Meaning::kPriceTicks;
      if (!is_ticks && infos[at].meaning != Meaning::kPriceE9) continue;
      price = to_double_approx(batch_.columns[at].values[i],
                               is_ticks ? spec_.tick_size : Decimal{1, -9});
    }
  }
  const double per_lot =
      price * to_double_approx(spec_.contract_multiplier) * to_double_approx(spec_.lot_size);
  // The plan's unit is a millionth of a dollar with the factor in it already.
  std::int64_t& value = batch_.columns[column].values[i];
  const double lots = static_cast<double>(value) * 1e-6 / per_lot;
  if (!(per_lot > 0.0) || !(std::abs(lots) < 9e18))
    fail(i, column, Errc::kOutOfRange);
  else
    value = std::llround(lots);
}

// What no recorded market can be: prices at or below zero, negative amounts, funding of more than
// the position.
void RowConverter::check_rows() {
  const auto specs = columns_of(emit_.kind);
  for (std::size_t column = 1; column < plans_.size(); ++column) {
    const Column& values = batch_.columns[column];
    const Range range = range_of(values.values);
    if (range.least >= specs[column].least && range.most <= specs[column].most) continue;
    for (std::size_t i = 0; i < values.values.size(); ++i) {
      const std::int64_t value = values.values[i];
      if (values.has(i) && (value < specs[column].least || value > specs[column].most))
        fail(i, column, Errc::kOutOfRange);
    }
  }
}

// A high below a low; and a bar that is shorter or longer than it says, or begins in the middle of
// another: it would tell a step what came after it.
void RowConverter::check_bars(const CsvBlock& block, std::span<const std::uint32_t> rows) {
  for (std::size_t i = 0; i < state_.size(); ++i) {
    const auto value = [&](std::size_t column) { return batch_.columns[column].values[i]; };
    if (state_[i] != kGood) continue;
    if (value(4) < std::max({value(3), value(5), value(6)})) fail(i, 4, Errc::kOutOfRange);
    if (value(5) > std::min(value(3), value(6))) fail(i, 5, Errc::kOutOfRange);
    if (batch_.columns[7].has(i) && batch_.columns[8].has(i) && value(8) > value(7))
      fail(i, 8, Errc::kOutOfRange);
    // Weeks begin on Mondays, so longer bars need only begin with a day.
    if (value(0) % std::min(value(1), kDay.value) != 0) fail(i, 0, Errc::kOffGrid);
    Errc code = Errc::kOutOfRange;
    if (emit_.last_time && !is_of_its_length(block, rows[i], i, code))
      fail(i, 1, code, static_cast<std::uint32_t>(last_time_field_));
  }
}

// Whether the time of its last instant, or the instant after it, agrees with the bar's length.
bool RowConverter::is_of_its_length(const CsvBlock& block, std::uint32_t row, std::size_t i,
                                    Errc& code) {
  Errc broken = Errc::kEmpty;
  const std::string_view text = field_text(block, row, last_time_field_, broken);
  if (broken != Errc::kEmpty) {
    code = broken;
    return false;
  }
  const Result<UnixNanos> last = parse_time(text, emit_.last_time->time_unit);
  if (!last) {
    code = last.error().code;
    return false;
  }
  constexpr std::int64_t kShort = 1'000'000;  // venues that count milliseconds end one earlier
  const std::int64_t end =
      last->value + emit_.last_time->shift.value - emit_.last_time->utc_offset.value;
  const std::int64_t missing = batch_.columns[0].values[i] + batch_.columns[1].values[i] - end;
  return missing >= 0 && missing <= kShort;
}

void RowConverter::leave_out_empty(ConvertCounts& counts) {
  if (!is_all_nullable(emit_.kind)) return;
  const auto specs = columns_of(emit_.kind);
  for (std::size_t i = 0; i < state_.size(); ++i) {
    bool has_any = state_[i] != kGood;
    for (std::size_t column = 0; column < specs.size() && !has_any; ++column)
      has_any = specs[column].is_nullable && batch_.columns[column].has(i);
    if (has_any) continue;
    state_[i] = kLeftOut;
    ++counts.without_values;
  }
}

void RowConverter::take_good_rows(ColumnBatch& out) {
  std::uint8_t worst = kGood;
  for (const std::uint8_t state : state_) worst |= state;
  const bool all_good = worst == kGood;
  for (std::size_t column = 0; column < plans_.size(); ++column) {
    Column& from = batch_.columns[column];
    Column& to = out.columns[column];
    const std::size_t before = to.values.size();
    if (!from.present.empty() && to.present.empty()) to.present.assign(before, 1);
    if (all_good && before == 0) {
      std::swap(to.values, from.values);
    } else if (all_good) {
      to.values.insert(to.values.end(), from.values.begin(), from.values.end());
    } else {
      for (std::size_t i = 0; i < state_.size(); ++i) {
        if (state_[i] == kGood) to.values.push_back(from.values[i]);
      }
    }
    if (from.present.empty() && to.present.empty()) continue;
    for (std::size_t i = 0; i < state_.size(); ++i) {
      if (state_[i] == kGood) to.present.push_back(from.has(i) ? 1 : 0);
    }
  }
}

void RowConverter::report_failures(std::span<const std::uint32_t> rows,
                                   std::vector<RejectedRow>& rejected) const {
  for (const RejectedRow& failure : failures_)
    rejected.push_back(RejectedRow{rows[failure.row], failure.column, failure.code, failure.field});
}

void RowConverter::convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                           ColumnBatch& out, std::vector<RejectedRow>& rejected,
                           ConvertCounts& counts) {
  const std::size_t count = rows.size();
  state_.assign(count, kGood);
  failures_.clear();
  check_field_counts(block, rows);
  const std::size_t planned = emit_.levels ? 1 : plans_.size();
  for (std::size_t column = 0; column < planned; ++column) fill_column(block, rows, column);
  counts.skipped_absent += static_cast<std::uint64_t>(std::ranges::count(state_, kLeftOut));
  finish_times(counts);
  if (emit_.levels) {
    convert_levels(block, rows, out, rejected, counts);
    return;
  }
  finish_usd_quantities(block, rows);
  check_rows();
  if (emit_.kind == EventKind::kBar) check_bars(block, rows);
  leave_out_empty(counts);
  take_good_rows(out);
  report_failures(rows, rejected);
}

// Books: one row of the file becomes many of ours, so they are appended level by level.
void RowConverter::convert_levels(const CsvBlock& block, std::span<const std::uint32_t> rows,
                                  ColumnBatch& out, std::vector<RejectedRow>& rejected,
                                  ConvertCounts& counts) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (state_[i] != kGood) continue;
    book_.clear();
    const std::int64_t time = batch_.columns[0].values[i];
    Failure failure;
    const bool is_good = emit_.levels->count > 0
                             ? wide_levels(block, rows[i], time, book_, counts, failure)
                             : nested_levels(block, rows[i], time, book_, failure);
    if (!is_good) {
      fail(i, 3, failure.code, static_cast<std::uint32_t>(failure.field));
      continue;
    }
    if (book_.row_count() == 0) ++counts.empty_books;
    for (std::size_t column = 0; column < book_.columns.size(); ++column) {
      auto& to = out.columns[column].values;
      to.insert(to.end(), book_.columns[column].values.begin(), book_.columns[column].values.end());
    }
  }
  report_failures(rows, rejected);
}

bool RowConverter::append_level(std::string_view price, std::string_view qty, bool is_bid,
                                std::int64_t time, ColumnBatch& out, Errc& code) const {
  std::array<std::int64_t, 2> counts{};
  for (std::size_t part = 0; part < 2; ++part) {
    const std::string_view text = part == 0 ? price : qty;
    const int places = part == 0 ? price_places_ : qty_places_;
    if (places >= 0 && parse_digits(text.data(), text.data() + text.size(), places, counts[part])) {
      continue;
    }
    const Result<std::int64_t> count =
        parse_units(text, part == 0 ? spec_.tick_size : spec_.lot_size);
    if (!count) {
      code = count.error().code;
      return false;
    }
    counts[part] = *count;
  }
  code = Errc::kOutOfRange;
  if (counts[0] < 1 || counts[1] < 0) return false;
  const std::array<std::int64_t, 5> values{time, 1, is_bid ? 1 : 0, counts[0], counts[1]};
  for (std::size_t column = 0; column < values.size(); ++column)
    out.columns[column].values.push_back(values[column]);
  return true;
}

bool RowConverter::wide_levels(const CsvBlock& block, std::uint32_t row, std::int64_t time,
                               ColumnBatch& out, ConvertCounts& counts, Failure& failure) {
  for (const LevelPlan& level : levels_) {
    Errc broken = Errc::kEmpty;
    failure.field = level.price;
    const std::string_view price_text = field_text(block, row, level.price, broken);
    // No number has quotes inside; and the second text would take the scratch of the first.
    if (price_text.data() == scratch_.data() + kPadding) broken = Errc::kBadQuote;
    const std::string_view qty_text = field_text(block, row, level.qty, broken);
    failure.code = broken;
    if (broken != Errc::kEmpty) return false;
    if (is_absent(price_text) && is_absent(qty_text)) {
      ++counts.skipped_levels;
      continue;
    }
    if (is_absent(qty_text)) failure.field = level.qty;
    if (is_absent(price_text) || is_absent(qty_text)) return false;
    if (!append_level(price_text, qty_text, level.is_bid, time, out, failure.code)) return false;
  }
  return true;
}

bool RowConverter::nested_levels(const CsvBlock& block, std::uint32_t row, std::int64_t time,
                                 ColumnBatch& out, Failure& failure) {
  for (const bool is_bid : {true, false}) {
    failure.field = is_bid ? bids_field_ : asks_field_;
    Errc broken = Errc::kEmpty;
    const std::string_view text = field_text(block, row, failure.field, broken);
    failure.code = broken;
    if (broken != Errc::kEmpty || is_absent(text)) return false;
    failure.code = Errc::kBadJson;
    LevelScanner levels(text);
    std::string_view price;
    std::string_view qty;
    while (levels.next(price, qty)) {
      if (!append_level(price, qty, is_bid, time, out, failure.code)) return false;
    }
    failure.code = Errc::kBadJson;
    if (!levels.is_whole()) return false;
  }
  return true;
}

}  // namespace faultline
