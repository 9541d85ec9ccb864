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
  return config.complain(Errc::kUnexpectedField, "unit", "one of auto, s, ms, us, ns, text");
}

Outcome<Nanos> utc_offset(const Config& config) {
  if (!config.has("utc_offset")) return Nanos(0);
  const Outcome<std::string> text = config.text("utc_offset");
  if (!text) return text.error();
  const bool west = text->starts_with('-');
  const Result<Nanos> offset =
      parse_duration(std::string_view(*text).substr(text->find_first_not_of("+-")));
  if (!offset || *offset > Nanos(14 * kHour.value)) {
    return config.complain(Errc::kUnexpectedField, "utc_offset", "for example \"+3h\"");
  }
  return west ? -*offset : *offset;
}

// { column = "...", unit = "...", ... }
Outcome<FieldSource> parse_source_table(const Config& config, Meaning meaning) {
  if (auto known = config.only({"column", "unit", "factor", "both_sides", "absolute", "rounding",
                                "words", "sign", "stamp", "utc_offset"});
      !known) {
    return known.error();
  }
  FieldSource source;
  source.line = config.line();
  const Outcome<std::string> column = config.text("column");
  if (!column) return column.error();
  source.column = *column;
  source.is_id = meaning == kId;
  if (meaning == kTime) {
    const Outcome<TimeUnit> unit = time_unit(config);
    if (!unit) return unit.error();
    source.time_unit = *unit;
    const Outcome<Nanos> offset = utc_offset(config);
    if (!offset) return offset.error();
    source.utc_offset = *offset;
    return source;
  }
  const Outcome<Decimal> factor = factor_of_unit(config, meaning, source.is_usd);
  if (!factor) return factor.error();
  source.factor = *factor;
  const std::array<std::pair<std::string_view, bool*>, 2> flags{
      {{"absolute", &source.is_absolute}, {"sign", &source.is_sign}}};
  for (const auto& [key, slot] : flags) {
    const Outcome<bool> flag = config.flag_or(key, false);
    if (!flag) return flag.error();
    *slot = *flag;
  }
  const Outcome<bool> both = config.flag_or("both_sides", false);
  if (!both) return both.error();
  if (config.has("factor")) {
    const Outcome<std::string> text = config.text("factor");
    if (!text) return text.error();
    const Result<Decimal> value = parse_decimal(*text);
    if (!value || value->mantissa <= 0)
      return config.complain(Errc::kNotANumber, "factor", "a positive number in quotes");
    source.factor =
        Decimal{value->mantissa * source.factor.mantissa, value->exponent + source.factor.exponent};
  }
  if (*both) source.factor = Decimal{source.factor.mantissa * 5, source.factor.exponent - 1};
  const Outcome<std::string> rounding = config.text_or("rounding", "exact");
  if (!rounding) return rounding.error();
  if (*rounding != "exact" && *rounding != "nearest") {
    return config.complain(Errc::kUnexpectedField, "rounding", "one of exact, nearest");
  }
  source.is_rounded = *rounding == "nearest";
  if (!config.has("words")) return source;
  const Outcome<Config> words = config.table("words");
  if (!words) return words.error();
  for (const std::string& theirs : words->keys()) {
    const Outcome<std::string> ours = words->text(theirs);
    if (!ours) return ours.error();
    const auto value = word_value(meaning, *ours);
    if (!value) return bad_word(*words, theirs, meaning, *ours);
    source.words[lower(theirs)] = *value;
  }
  return source;
}

// A key of an emit: a column name, a word of ours (for kinds and completeness), a duration, or a
// table of details.
Outcome<FieldSource> parse_source(const Config& emit, const FieldInfo& field) {
  if (emit.is_table(field.name)) {
    const Outcome<Config> config = emit.table(field.name);
    if (!config) return config.error();
    return parse_source_table(*config, field.meaning);
  }
  const Outcome<std::string> text = emit.text(field.name);
  if (!text) return text.error();
  FieldSource source;
  source.line = emit.line();
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
  source.is_id = field.meaning == kId;
  return source;
}

// What stands in a column that the descriptor does not mention; absent where it must be given.
std::optional<std::int64_t> default_of(EventKind kind, std::string_view field) {
  if (field == "price_kind")
    return static_cast<std::int64_t>(kind == EventKind::kBar ? PriceKind::kLast
                                                             : PriceKind::kUnknown);
  if (field == "completeness") return static_cast<std::int64_t>(Completeness::kUnknown);
  if (field == "taker_side") return static_cast<std::int64_t>(TakerSide::kUnknown);
  if (field == "trade_id") return 0;
  return std::nullopt;
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

Outcome<void> parse_switches(const Config& emit, EmitSpec& spec) {
  if (emit.has("interval")) {
    const Outcome<std::string> text = emit.text("interval");
    if (!text) return text.error();
    const Result<Nanos> interval = parse_duration(*text);
    if (!interval) return emit.complain(interval.error().code, "interval", "for example \"5m\"");
    spec.interval = *interval;
  }
  const Outcome<std::string> duplicates =
      emit.text_or("duplicates", spec.kind == EventKind::kLiquidation ? "keep" : "remove");
  if (!duplicates) return duplicates.error();
  if (*duplicates != "keep" && *duplicates != "remove") {
    return emit.complain(Errc::kUnexpectedField, "duplicates", "one of keep, remove");
  }
  spec.removes_duplicates = *duplicates == "remove";
  // Trades without an id cannot be told from their twins.
  if (spec.kind == EventKind::kTrade && !emit.has("trade_id") && !emit.has("duplicates"))
    spec.removes_duplicates = false;
  const std::array<std::pair<std::string_view, bool*>, 2> flags{
      {{"skip_absent", &spec.skips_absent}, {"running_ids", &spec.has_running_ids}}};
  for (const auto& [key, slot] : flags) {
    const Outcome<bool> flag = emit.flag_or(key, false);
    if (!flag) return flag.error();
    *slot = *flag;
  }
  return {};
}

Outcome<void> check_keys(const Config& emit, std::span<const FieldInfo> fields) {
  std::set<std::string, std::less<>> known{"kind",        "interval",    "duplicates",
                                           "skip_absent", "running_ids", "levels"};
  for (const FieldInfo& field : fields) known.emplace(field.name);
  for (const std::string& key : emit.keys()) {
    if (known.contains(key)) continue;
    const std::string near = nearest_word(key, {known.begin(), known.end()});
    return emit.complain(Errc::kUnknownKey, key, near.empty() ? "" : "did you mean " + near + "?");
  }
  return {};
}

Outcome<Stamp> stamp_of(const Config& emit) {
  if (!emit.is_table("time")) return Stamp::kOpen;
  const Outcome<std::string> text = emit.table("time")->text_or("stamp", "open");
  if (!text) return text.error();
  if (*text == "open") return Stamp::kOpen;
  if (*text == "close") return Stamp::kClose;
  return emit.complain(Errc::kUnexpectedField, "time", "stamp is open or close");
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
  const auto fields = fields_of(spec.kind);
  if (auto known = check_keys(emit, fields); !known) return known.error();
  if (emit.has("levels")) {
    const Outcome<LevelLayout> levels = parse_levels(emit);
    if (!levels) return levels.error();
    spec.levels = *levels;
  }
  const Outcome<Stamp> stamp = stamp_of(emit);
  if (!stamp) return stamp.error();
  spec.stamp = *stamp;
  for (std::size_t column = 0; column < fields.size(); ++column) {
    const FieldInfo& field = fields[column];
    const Config& home = emit.has(field.name) ? emit : table;
    const bool from_table =
        field.name == "length" || field.name == "completeness" || field.name == "price_kind";
    std::optional<FieldSource> source;
    if (emit.has(field.name) || (from_table && table.has(field.name))) {
      Outcome<FieldSource> parsed = parse_source(home, field);
      if (!parsed) return parsed.error();
      source = std::move(parsed).value();
    } else if (const auto value = default_of(spec.kind, field.name)) {
      source = FieldSource{};
      source->constant = value;
    } else if (!columns_of(spec.kind)[column].is_nullable && !(spec.levels && column != 0)) {
      return emit.complain(Errc::kMissingField, field.name, "every " + *kind_text + " needs it");
    }
    spec.fields.push_back(std::move(source));
  }
  if (auto done = parse_switches(emit, spec); !done) return done.error();
  if (spec.kind == EventKind::kBar && spec.fields[1]->constant && !spec.interval) {
    spec.interval = Nanos(*spec.fields[1]->constant);
  }
  return spec;
}

}  // namespace faultline
