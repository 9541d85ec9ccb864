#include "feed/fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "core/event.hpp"

namespace faultline {
namespace {

using enum Meaning;

constexpr std::array kTradeFields{FieldInfo{"time", kTime}, FieldInfo{"price", kPriceTicks},
                                  FieldInfo{"qty", kQty}, FieldInfo{"taker_side", kTakerSide},
                                  FieldInfo{"trade_id", kId}};
constexpr std::array kBarFields{FieldInfo{"time", kTime},
                                FieldInfo{"length", kLength},
                                FieldInfo{"price_kind", kPriceKind},
                                FieldInfo{"open", kPriceE9},
                                FieldInfo{"high", kPriceE9},
                                FieldInfo{"low", kPriceE9},
                                FieldInfo{"close", kPriceE9},
                                FieldInfo{"volume", kQty},
                                FieldInfo{"taker_buy_volume", kQty}};
constexpr std::array kBookFields{FieldInfo{"time", kTime}, FieldInfo{"is_snapshot", kFlag},
                                 FieldInfo{"is_bid", kFlag}, FieldInfo{"price", kPriceTicks},
                                 FieldInfo{"qty", kQty}};
constexpr std::array kQuoteFields{FieldInfo{"time", kTime}, FieldInfo{"bid_price", kPriceTicks},
                                  FieldInfo{"bid_qty", kQty}, FieldInfo{"ask_price", kPriceTicks},
                                  FieldInfo{"ask_qty", kQty}};
constexpr std::array kMarkFields{FieldInfo{"time", kTime}, FieldInfo{"mark", kPriceE9},
                                 FieldInfo{"index", kPriceE9}, FieldInfo{"funding_rate", kRateE9}};
constexpr std::array kFundingFields{FieldInfo{"time", kTime}, FieldInfo{"rate", kRateE9}};
constexpr std::array kInterestFields{FieldInfo{"time", kTime}, FieldInfo{"qty", kQty}};
constexpr std::array kLiquidationFields{
    FieldInfo{"time", kTime},     FieldInfo{"side", kSide},
    FieldInfo{"price", kPriceE9}, FieldInfo{"price_kind", kPriceKind},
    FieldInfo{"qty", kQty},       FieldInfo{"completeness", kCompleteness}};
constexpr std::array kTotalFields{FieldInfo{"time", kTime}, FieldInfo{"length", kLength},
                                  FieldInfo{"long_usd", kMoneyE6}, FieldInfo{"short_usd", kMoneyE6},
                                  FieldInfo{"completeness", kCompleteness}};
constexpr std::array kBandFields{FieldInfo{"time", kTime}, FieldInfo{"band", kRateE6},
                                 FieldInfo{"qty", kQty}, FieldInfo{"notional", kMoneyE6}};
constexpr std::array kTakerFields{FieldInfo{"time", kTime}, FieldInfo{"length", kLength},
                                  FieldInfo{"buy_usd", kMoneyE6}, FieldInfo{"sell_usd", kMoneyE6}};
constexpr std::array kRatioFields{
    FieldInfo{"time", kTime}, FieldInfo{"accounts", kRateE9}, FieldInfo{"top_accounts", kRateE9},
    FieldInfo{"top_positions", kRateE9}, FieldInfo{"taker_volume", kRateE9}};
constexpr std::array kPositionFields{FieldInfo{"time", kTime},
                                     FieldInfo{"account_id", kId},
                                     FieldInfo{"side", kSide},
                                     FieldInfo{"qty", kQty},
                                     FieldInfo{"entry_price", kPriceE9},
                                     FieldInfo{"leverage", kRateE9},
                                     FieldInfo{"margin_mode", kMarginMode},
                                     FieldInfo{"liquidation_price", kPriceE9},
                                     FieldInfo{"position_usd", kMoneyE6},
                                     FieldInfo{"account_usd", kMoneyE6}};
constexpr std::array kAccountTradeFields{FieldInfo{"time", kTime},   FieldInfo{"account_id", kId},
                                         FieldInfo{"is_buy", kFlag}, FieldInfo{"price", kPriceE9},
                                         FieldInfo{"qty", kQty},     FieldInfo{"is_taker", kFlag}};
constexpr std::array kTransferFields{FieldInfo{"time", kTime}, FieldInfo{"account_id", kId},
                                     FieldInfo{"amount_usd", kMoneyE6}};
constexpr std::array kAccountLiquidationFields{
    FieldInfo{"time", kTime}, FieldInfo{"account_id", kId}, FieldInfo{"position_usd", kMoneyE6},
    FieldInfo{"account_usd", kMoneyE6}, FieldInfo{"margin_mode", kMarginMode}};

constexpr std::array<std::span<const FieldInfo>, kEventKindCount> kFields{
    kTradeFields,    kBarFields,          kBookFields,     kQuoteFields,
    kMarkFields,     kFundingFields,      kInterestFields, kLiquidationFields,
    kTotalFields,    kBandFields,         kTakerFields,    kRatioFields,
    kPositionFields, kAccountTradeFields, kTransferFields, kAccountLiquidationFields};

struct Word {
  std::string_view text;
  std::int64_t value;
};
constexpr std::array kSideWords{Word{"long", 0}, Word{"short", 1}};
constexpr std::array kTakerWords{Word{"buy", 0}, Word{"sell", 1}, Word{"unknown", 2}};
constexpr std::array kFlagWords{Word{"yes", 1}, Word{"no", 0}, Word{"true", 1}, Word{"false", 0}};
constexpr std::array kMarginWords{Word{"isolated", 0}, Word{"cross", 1}};
constexpr std::array kPriceKindWords{Word{"fill", 0},   Word{"order", 1}, Word{"bankruptcy", 2},
                                     Word{"last", 3},   Word{"mark", 4},  Word{"index", 5},
                                     Word{"unknown", 6}};
constexpr std::array kCompletenessWords{Word{"all", 0}, Word{"largest_per_second", 1},
                                        Word{"latest_per_second", 2}, Word{"one_per_second", 3},
                                        Word{"unknown", 4}};

// The words of our own language for a meaning; none for numbers.
std::span<const Word> words_of(Meaning meaning) {
  switch (meaning) {
    case kSide:
      return kSideWords;
    case kTakerSide:
      return kTakerWords;
    case kFlag:
      return kFlagWords;
    case kMarginMode:
      return kMarginWords;
    case kPriceKind:
      return kPriceKindWords;
    case kCompleteness:
      return kCompletenessWords;
    default:
      return {};
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::optional<std::int64_t> word_value(Meaning meaning, std::string_view text) {
  for (const Word& word : words_of(meaning)) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

Diagnostic bad_word(const Config& config, std::string_view key, Meaning meaning,
                    std::string_view text) {
  std::string known;
  for (const Word& word : words_of(meaning))
    known += (known.empty() ? "" : ", ") + std::string(word.text);
  Diagnostic diagnostic = config.complain(Errc::kUnexpectedField, key, "one of " + known);
  diagnostic.value = std::string(text);
  return diagnostic;
}

// Absent when the digits do not fit.
std::optional<Decimal> product(Decimal a, Decimal b) {
  Decimal out{0, a.exponent + b.exponent};
  if (__builtin_mul_overflow(a.mantissa, b.mantissa, &out.mantissa)) return std::nullopt;
  return out;
}

Outcome<Decimal> factor_of_unit(const Config& config, Meaning meaning, bool& is_usd) {
  if (!config.has("unit")) return Decimal{1, 0};
  const Outcome<std::string> unit = config.text("unit");
  if (!unit) return unit.error();
  const bool is_rate = meaning == kRateE9 || meaning == kRateE6;
  const bool is_money = meaning == kMoneyE6;
  if (is_rate && *unit == "percent") return Decimal{1, -2};
  if (is_rate && *unit == "fraction") return Decimal{1, 0};
  if (is_money && *unit == "usd") return Decimal{1, 0};
  if (meaning == kQty && (*unit == "coins" || *unit == "contracts")) return Decimal{1, 0};
  if (meaning == kQty && *unit == "usd") {
    is_usd = true;
    return Decimal{1, 0};
  }
  const char* known = is_rate ? "fraction, percent" : is_money ? "usd" : "coins, contracts, usd";
  Diagnostic diagnostic =
      config.complain(Errc::kUnexpectedField, "unit", std::string("one of ") + known);
  diagnostic.value = *unit;
  return diagnostic;
}

Outcome<TimeUnit> time_unit(const Config& config) {
  constexpr std::array<std::string_view, 6> kUnits{"auto", "s", "ms", "us", "ns", "text"};
  const Outcome<std::string> text = config.text_or("unit", "auto");
  if (!text) return text.error();
  const auto found = std::ranges::find(kUnits, *text);
  if (found != kUnits.end()) return static_cast<TimeUnit>(found - kUnits.begin());
  Diagnostic diagnostic =
      config.complain(Errc::kUnexpectedField, "unit", "one of auto, s, ms, us, ns, text");
  diagnostic.value = *text;
  return diagnostic;
}

Outcome<Nanos> utc_offset(const Config& config) {
  if (!config.has("utc_offset")) return Nanos(0);
  const Outcome<std::string> text = config.text("utc_offset");
  if (!text) return text.error();
  const bool west = text->starts_with('-');
  const bool has_sign = west || text->starts_with('+');
  const Result<Nanos> offset = parse_duration(std::string_view(*text).substr(has_sign ? 1 : 0));
  if (offset && *offset <= Nanos(14 * kHour.value)) return west ? -*offset : *offset;
  Diagnostic diagnostic =
      config.complain(Errc::kUnexpectedField, "utc_offset", "for example \"+3h\", up to 14h");
  diagnostic.value = *text;
  return diagnostic;
}

// Keys that only mean something for some fields are unknown for all others.
Outcome<void> check_source_keys(const Config& config, Meaning meaning) {
  std::vector<std::string> known{"column", "value"};
  const auto also = [&](std::initializer_list<const char*> keys) {
    known.insert(known.end(), keys.begin(), keys.end());
  };
  if (meaning == kTime) {
    also({"unit", "stamp", "utc_offset", "shift"});
  } else if (!words_of(meaning).empty()) {
    also({"words"});
    if (meaning == kSide || meaning == kTakerSide || meaning == kFlag) also({"sign"});
  } else if (meaning != kId) {
    also({"factor", "absolute", "negate", "rounding"});
    const bool is_price = meaning == kPriceTicks || meaning == kPriceE9;
    if (!is_price) also({"unit"});
    if (meaning == kQty) also({"both_sides", "price"});
    if (meaning == kMoneyE6) also({"both_sides"});
  }
  for (const std::string& key : config.keys()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string near = nearest_word(key, known);
    return config.complain(Errc::kUnknownKey, key,
                           near.empty() ? "" : "did you mean " + near + "?");
  }
  if (config.has("column") == config.has("value")) {
    return config.complain(Errc::kMissingField, "column", "give either a column or a value");
  }
  return {};
}

Outcome<void> parse_time_source(const Config& config, FieldSource& source) {
  const Outcome<TimeUnit> unit = time_unit(config);
  if (!unit) return unit.error();
  source.time_unit = *unit;
  const Outcome<Nanos> offset = utc_offset(config);
  if (!offset) return offset.error();
  source.utc_offset = *offset;
  if (!config.has("shift")) return {};
  const Outcome<std::string> text = config.text("shift");
  if (!text) return text.error();
  const Result<Nanos> shift = parse_duration(*text);
  if (!shift) return config.complain(shift.error().code, "shift", "for example \"1d\"");
  source.shift = *shift;
  return {};
}

Outcome<void> parse_flags(const Config& config,
                          std::initializer_list<std::pair<std::string_view, bool*>> flags) {
  for (const auto& [key, slot] : flags) {
    const Outcome<bool> flag = config.flag_or(key, false);
    if (!flag) return flag.error();
    *slot = *flag;
  }
  return {};
}

Outcome<void> parse_word_source(const Config& config, Meaning meaning, FieldSource& source) {
  if (auto done = parse_flags(config, {{"sign", &source.is_sign}}); !done) return done;
  if (!config.has("words")) return {};
  if (source.is_sign)
    return config.complain(Errc::kUnexpectedField, "words", "a sign has no words");
  const Outcome<Config> words = config.table("words");
  if (!words) return words.error();
  source.words.clear();
  for (const std::string& theirs : words->keys()) {
    const Outcome<std::string> ours = words->text(theirs);
    if (!ours) return ours.error();
    const auto value = word_value(meaning, *ours);
    if (!value) return bad_word(*words, theirs, meaning, *ours);
    source.words[lower(theirs)] = *value;
  }
  return {};
}

Outcome<void> parse_number_source(const Config& config, Meaning meaning, FieldSource& source) {
  const Outcome<Decimal> factor = factor_of_unit(config, meaning, source.is_usd);
  if (!factor) return factor.error();
  source.factor = *factor;
  bool is_both = false;
  if (auto done = parse_flags(config, {{"absolute", &source.is_absolute},
                                       {"negate", &source.is_negated},
                                       {"both_sides", &is_both}});
      !done) {
    return done;
  }
  if (config.has("factor")) {
    const Outcome<std::string> text = config.text("factor");
    if (!text) return text.error();
    const Result<Decimal> value = parse_decimal(*text);
    const auto scaled = value ? product(*value, source.factor) : std::nullopt;
    if (!scaled || scaled->mantissa <= 0) {
      return config.complain(Errc::kNotANumber, "factor", "a positive decimal number in quotes");
    }
    source.factor = *scaled;
  }
  if (is_both) {
    const auto half = product(source.factor, Decimal{5, -1});
    if (!half) return config.complain(Errc::kOutOfRange, "factor");
    source.factor = *half;
  }
  const Outcome<std::string> price = config.text_or("price", "");
  if (!price) return price.error();
  source.price_column = *price;
  if (config.has("price") && !source.is_usd)
    return config.complain(Errc::kUnexpectedField, "price", "only with unit = \"usd\"");
  const Outcome<std::string> rounding = config.text_or("rounding", "exact");
  if (!rounding) return rounding.error();
  if (*rounding != "exact" && *rounding != "nearest") {
    Diagnostic diagnostic =
        config.complain(Errc::kUnexpectedField, "rounding", "one of exact, nearest");
    diagnostic.value = *rounding;
    return diagnostic;
  }
  source.is_rounded = *rounding == "nearest";
  return {};
}

FieldSource empty_source(std::uint64_t line, Meaning meaning) {
  FieldSource source;
  source.line = line;
  source.is_id = meaning == kId;
  for (const Word& word : words_of(meaning)) source.words[std::string(word.text)] = word.value;
  return source;
}

// { column = "...", unit = "...", ... }
Outcome<FieldSource> parse_source_table(const Config& config, Meaning meaning) {
  if (auto known = check_source_keys(config, meaning); !known) return known.error();
  FieldSource source = empty_source(config.line(), meaning);
  if (config.has("value")) {
    const Outcome<std::string> value = config.text("value");
    if (!value) return value.error();
    source.value = *value;
  } else {
    const Outcome<std::string> column = config.text("column");
    if (!column) return column.error();
    source.column = *column;
  }
  Outcome<void> done;
  if (meaning == kTime)
    done = parse_time_source(config, source);
  else if (!words_of(meaning).empty())
    done = parse_word_source(config, meaning, source);
  else if (meaning != kId && meaning != kLength)
    done = parse_number_source(config, meaning, source);
  if (!done) return done.error();
  return source;
}

// A key of an emit: a column name, a word of ours (for kinds and completeness), a duration, or a
// table of details.
Outcome<FieldSource> parse_source(const Config& emit, const FieldInfo& field) {
  if (emit.is_table(field.name) && field.meaning != kLength) {
    const Outcome<Config> config = emit.table(field.name);
    if (!config) return config.error();
    return parse_source_table(*config, field.meaning);
  }
  const Outcome<std::string> text = emit.text(field.name);
  if (!text) return text.error();
  FieldSource source = empty_source(emit.line(), field.meaning);
  if (field.meaning == kLength) {
    const Result<Nanos> length = parse_duration(*text);
    if (!length) return emit.complain(length.error().code, field.name, "for example \"5m\"");
    source.constant = length->value;
    return source;
  }
  const bool names_a_word = field.meaning == kPriceKind || field.meaning == kCompleteness;
  if (names_a_word) {
    source.constant = word_value(field.meaning, *text);
    if (!source.constant) return bad_word(emit, field.name, field.meaning, *text);
    return source;
  }
  source.column = *text;
  return source;
}

// What an absent cell of a column means that need not be known.
std::optional<std::int64_t> absent_value_of(std::string_view field) {
  if (field == "price_kind") return static_cast<std::int64_t>(PriceKind::kUnknown);
  if (field == "completeness") return static_cast<std::int64_t>(Completeness::kUnknown);
  if (field == "taker_side") return static_cast<std::int64_t>(TakerSide::kUnknown);
  if (field == "trade_id") return 0;
  return std::nullopt;
}

// What stands in a column that the descriptor does not mention; absent where it must be given.
std::optional<std::int64_t> default_of(EventKind kind, std::string_view field) {
  if (field == "price_kind" && kind == EventKind::kBar)
    return static_cast<std::int64_t>(PriceKind::kLast);
  return absent_value_of(field);
}

Outcome<LevelLayout> parse_levels(const Config& emit) {
  const Outcome<Config> config = emit.table("levels");
  if (!config) return config.error();
  if (auto known =
          config->only({"bid_price", "bid_qty", "ask_price", "ask_qty", "count", "bids", "asks"});
      !known) {
    return known.error();
  }
  LevelLayout layout;
  const bool is_nested = config->has("bids");
  const std::array<std::pair<std::string_view, std::string*>, 6> names{
      {{"bid_price", &layout.bid_price},
       {"bid_qty", &layout.bid_qty},
       {"ask_price", &layout.ask_price},
       {"ask_qty", &layout.ask_qty},
       {"bids", &layout.bids},
       {"asks", &layout.asks}}};
  for (const auto& [key, slot] : names) {
    if ((key == "bids" || key == "asks") != is_nested) continue;
    const Outcome<std::string> name = config->text(key);
    if (!name) return name.error();
    *slot = *name;
  }
  if (is_nested) return layout;
  const Outcome<std::int64_t> count = config->integer("count");
  if (!count) return count.error();
  if (*count < 1 || *count > 1000) return config->complain(Errc::kOutOfRange, "count", "1 to 1000");
  layout.count = static_cast<std::size_t>(*count);
  return layout;
}

Outcome<void> parse_interval(const Config& emit, EmitSpec& spec) {
  // Bars follow one another, unless the descriptor says otherwise.
  if (spec.kind == EventKind::kBar && spec.fields[1]->constant)
    spec.interval = Nanos(*spec.fields[1]->constant);
  if (!emit.has("interval")) return {};
  const Outcome<std::string> text = emit.text("interval");
  if (!text) return text.error();
  if (*text == "none") {
    spec.interval.reset();
    return {};
  }
  const Result<Nanos> interval = parse_duration(*text);
  if (!interval)
    return emit.complain(interval.error().code, "interval", "for example \"5m\", or \"none\"");
  spec.interval = *interval;
  return {};
}

Outcome<void> parse_period(const Config& emit, EmitSpec& spec) {
  const std::array<std::pair<std::string_view, std::optional<UnixNanos>*>, 2> ends{
      {{"from", &spec.from}, {"to", &spec.to}}};
  for (const auto& [key, slot] : ends) {
    if (!emit.has(key)) continue;
    const Outcome<std::string> text = emit.text(key);
    if (!text) return text.error();
    const Result<UnixNanos> time = parse_time_text(*text);
    if (!time) {
      Diagnostic diagnostic = emit.complain(Errc::kBadTime, key, "for example \"2025-12-01\"");
      diagnostic.value = *text;
      return diagnostic;
    }
    *slot = *time;
  }
  if (spec.from && spec.to && *spec.to <= *spec.from)
    return emit.complain(Errc::kOutOfRange, "to", "after from");
  return {};
}

Outcome<void> parse_switches(const Config& emit, EmitSpec& spec) {
  if (auto done = parse_interval(emit, spec); !done) return done;
  if (auto done = parse_period(emit, spec); !done) return done;
  const Outcome<std::string> duplicates =
      emit.text_or("duplicates", spec.kind == EventKind::kLiquidation ? "keep" : "remove");
  if (!duplicates) return duplicates.error();
  if (*duplicates != "keep" && *duplicates != "remove") {
    Diagnostic diagnostic =
        emit.complain(Errc::kUnexpectedField, "duplicates", "one of keep, remove");
    diagnostic.value = *duplicates;
    return diagnostic;
  }
  spec.removes_duplicates = *duplicates == "remove";
  // Trades without an id cannot be told from their twins.
  const bool is_trade = spec.kind == EventKind::kTrade || spec.kind == EventKind::kAccountTrade;
  if (is_trade && !emit.has("trade_id") && !emit.has("duplicates")) spec.removes_duplicates = false;
  if (auto done = parse_flags(
          emit, {{"skip_absent", &spec.skips_absent}, {"running_ids", &spec.has_running_ids}});
      !done) {
    return done;
  }
  if (spec.has_running_ids && !emit.has("trade_id"))
    return emit.complain(Errc::kMissingField, "running_ids", "needs a trade_id");
  return {};
}

Outcome<void> check_keys(const Config& emit, EventKind kind) {
  std::set<std::string, std::less<>> known{"kind",        "interval", "duplicates",
                                           "skip_absent", "from",     "to"};
  if (kind == EventKind::kTrade) known.emplace("running_ids");
  if (kind == EventKind::kBook) known.emplace("levels");
  if (kind == EventKind::kBar) known.emplace("last_time");
  for (const FieldInfo& field : fields_of(kind)) known.emplace(field.name);
  for (const std::string& key : emit.keys()) {
    if (known.contains(key)) continue;
    const std::string near = nearest_word(key, {known.begin(), known.end()});
    return emit.complain(Errc::kUnknownKey, key, near.empty() ? "" : "did you mean " + near + "?");
  }
  if (!emit.has("levels")) return {};
  for (const FieldInfo& field : fields_of(kind).subspan(1)) {
    if (emit.has(field.name))
      return emit.complain(Errc::kUnexpectedField, field.name, "the levels say it");
  }
  return {};
}

Outcome<Stamp> stamp_of(const Config& emit, EventKind kind) {
  if (!emit.is_table("time")) return Stamp::kOpen;
  const Outcome<Config> time = emit.table("time");
  if (!time->has("stamp")) return Stamp::kOpen;
  const Outcome<std::string> text = time->text("stamp");
  if (!text) return text.error();
  if (fields_of(kind)[1].meaning != kLength)
    return time->complain(Errc::kUnexpectedField, "stamp", "only kinds with a length have one");
  if (*text == "open") return Stamp::kOpen;
  if (*text == "close") return Stamp::kClose;
  Diagnostic diagnostic = time->complain(Errc::kUnexpectedField, "stamp", "one of open, close");
  diagnostic.value = *text;
  return diagnostic;
}

// Where one field of the emit comes from; absent for nullable fields that nothing is said about.
Outcome<std::optional<FieldSource>> parse_field(const Config& emit, const Config& table,
                                                const EmitSpec& spec, std::size_t column) {
  const FieldInfo& field = fields_of(spec.kind)[column];
  const bool may_stand_in_table =
      field.meaning == kLength || field.name == "completeness" || field.name == "price_kind";
  const bool is_here = emit.has(field.name);
  if (is_here || (may_stand_in_table && table.has(field.name))) {
    Outcome<FieldSource> parsed = parse_source(is_here ? emit : table, field);
    if (!parsed) return parsed.error();
    parsed->absent_value = absent_value_of(field.name);
    return std::optional(std::move(parsed).value());
  }
  if (const auto value = default_of(spec.kind, field.name)) {
    FieldSource source;
    source.constant = value;
    return std::optional(source);
  }
  const bool is_optional = columns_of(spec.kind)[column].is_nullable || (spec.levels && column > 0);
  if (is_optional) return std::optional<FieldSource>();
  const Config& home = may_stand_in_table ? table : emit;
  return home.complain(Errc::kMissingField, field.name,
                       "every " + std::string(name_of(spec.kind)) + " needs it");
}

}  // namespace

std::span<const FieldInfo> fields_of(EventKind kind) {
  return kFields[static_cast<std::size_t>(kind)];
}

Decimal unit_of(Meaning meaning, const InstrumentSpec& spec) {
  switch (meaning) {
    case kPriceTicks:
      return spec.tick_size;
    case kQty:
      return spec.lot_size;
    case kMoneyE6:
    case kRateE6:
      return Decimal{1, -6};
    default:
      return Decimal{1, -9};
  }
}

Outcome<EmitSpec> parse_emit(const Config& emit, const Config& table) {
  EmitSpec spec;
  spec.line = emit.line();
  const Outcome<std::string> kind_text = emit.text("kind");
  if (!kind_text) return kind_text.error();
  const Result<EventKind> kind = parse_event_kind(*kind_text);
  if (!kind) {
    Diagnostic diagnostic = emit.complain(Errc::kUnexpectedField, "kind",
                                          "not a kind of rows; see docs/formats/dataset.md");
    diagnostic.value = *kind_text;
    return diagnostic;
  }
  spec.kind = *kind;
  if (auto known = check_keys(emit, spec.kind); !known) return known.error();
  if (emit.has("levels")) {
    const Outcome<LevelLayout> levels = parse_levels(emit);
    if (!levels) return levels.error();
    spec.levels = *levels;
  }
  const Outcome<Stamp> stamp = stamp_of(emit, spec.kind);
  if (!stamp) return stamp.error();
  spec.stamp = *stamp;
  for (std::size_t column = 0; column < fields_of(spec.kind).size(); ++column) {
    Outcome<std::optional<FieldSource>> source = parse_field(emit, table, spec, column);
    if (!source) return source.error();
    spec.fields.push_back(std::move(source).value());
  }
  if (emit.has("last_time")) {
    Outcome<FieldSource> last = parse_source(emit, FieldInfo{"last_time", kTime});
    if (!last) return last.error();
    if (last->column.empty())
      return emit.complain(Errc::kMissingField, "last_time", "needs a column");
    spec.last_time = std::move(last).value();
  }
  if (auto done = parse_switches(emit, spec); !done) return done.error();
  return spec;
}

}  // namespace faultline
