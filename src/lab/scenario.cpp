#include "lab/scenario.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "core/time_text.hpp"
#include "text/config.hpp"

namespace faultline {
namespace {

constexpr double kNanosPerSecond = 1e9;

struct FeedName {
  std::string_view text;
  Completeness feed;
};
constexpr std::array<FeedName, 4> kFeeds{{{"all", Completeness::kAll},
                                          {"largest_per_second", Completeness::kLargestPerSecond},
                                          {"latest_per_second", Completeness::kLatestPerSecond},
                                          {"one_per_second", Completeness::kOnePerSecond}}};

struct StyleName {
  std::string_view text;
  LiquidationStyle style;
};
constexpr std::array<StyleName, 3> kStyles{{{"whole", LiquidationStyle::kWhole},
                                            {"step_down", LiquidationStyle::kStepDown},
                                            {"partial_first", LiquidationStyle::kPartialFirst}}};

struct MarkName {
  std::string_view text;
  MarkKind mark;
};
constexpr std::array<MarkName, 3> kMarks{
    {{"median", MarkKind::kMedian}, {"index", MarkKind::kIndex}, {"last", MarkKind::kLast}}};

struct KindName {
  std::string_view text;
  ContractKind kind;
};
constexpr std::array<KindName, 2> kKinds{
    {{"linear", ContractKind::kLinear}, {"inverse", ContractKind::kInverse}}};

constexpr std::array kTables{"value",   "makers",    "takers", "trend",
                             "holders", "arbitrage", "readers"};

// The shortest text that reads back as the same number.
std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto done = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), done.ptr};
}

template <class Names, class Value>
std::string_view word_of(const Names& names, Value Names::value_type::*member, Value value) {
  return std::ranges::find(names, value, member)->text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

void write_fields(std::string_view table, const MarketConfig& market, std::size_t venue,
                  std::string& out) {
  for (const ScenarioField& field : scenario_fields()) {
    if (field.table != table) continue;
    out += std::string(field.key) + " = " + number_text(field_value(field, market, venue)) +
           "  # " + std::string(field.about) + "\n";
  }
}

// Rungs of an inverse ladder are in coins: the linear ones divided by the price at the start.
TierTable tiers_of(ContractKind kind, double start_price) {
  TierTable usd = ExchangeConfig::default_lab_tiers();
  if (kind == ContractKind::kLinear) return usd;
  std::vector<MaintenanceTier> coins(usd.tiers().begin(), usd.tiers().end());
  for (MaintenanceTier& rung : coins) {
    rung.notional_floor /= start_price;
    rung.notional_cap /= start_price;
    rung.deduction /= start_price;
  }
  return TierTable::make(std::move(coins)).value();
}

// The word's value, or a complaint that lists the words.
template <class Names, class Value>
Outcome<void> read_word(const Config& table, std::string_view key, const Names& names,
                        Value Names::value_type::*member, Value& value) {
  if (!table.has(key)) return {};
  const Outcome<std::string> word = table.text(key);
  if (!word) return word.error();
  std::string known;
  for (const auto& name : names) {
    if (name.text == *word) {
      value = name.*member;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string(name.text);
  }
  return table.complain(Errc::kUnexpectedField, key, "one of " + known);
}

Outcome<void> read_fields(const Config& table, std::string_view name, std::size_t venue,
                          MarketConfig& market) {
  for (const ScenarioField& field : scenario_fields()) {
    if (field.table != name || !table.has(field.key)) continue;
    const Outcome<double> value = table.number(field.key);
    if (!value) return value.error();
    if (const Outcome<void> done = set_field(field, *value, market, venue); !done)
      return table.complain(done.error().code, field.key, done.error().note);
  }
  return {};
}

// What a table may hold: its fields and what is read by other means.
Outcome<void> check_keys(const Config& table, std::string_view name,
                         std::vector<std::string> known) {
  for (const ScenarioField& field : scenario_fields()) {
    if (field.table == name) known.emplace_back(field.key);
  }
  for (const std::string& key : table.keys()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string near = nearest_word(key, known);
    return table.complain(Errc::kUnknownKey, key,
                          near.empty() ? "" : "did you mean \"" + near + "\"?");
  }
  return {};
}

Outcome<void> read_venue(const Config& table, std::size_t venue, MarketConfig& market) {
  if (auto fine =
          check_keys(table, "venue", {"symbol", "kind", "feed", "liquidation_style", "mark"});
      !fine)
    return fine;
  VenueConfig& config = market.venues[venue];
  const Outcome<std::string> symbol = table.text_or("symbol", config.exchange.instrument.id.symbol);
  if (!symbol) return symbol.error();
  ContractKind kind = ContractKind::kLinear;
  if (auto done = read_word(table, "kind", kKinds, &KindName::kind, kind); !done) return done;
  if (auto done = read_word(table, "feed", kFeeds, &FeedName::feed, config.feed); !done)
    return done;
  if (auto done = read_word(table, "liquidation_style", kStyles, &StyleName::style,
                            config.exchange.liquidation.style);
      !done)
    return done;
  if (auto done = read_word(table, "mark", kMarks, &MarkName::mark, config.exchange.mark_kind);
      !done)
    return done;
  config.exchange.instrument = lab_instrument(*symbol, kind);
  config.exchange.tiers = tiers_of(kind, market.value.start_price);
  if (!parse_instrument_id(to_text(config.exchange.instrument.id)))
    return table.complain(Errc::kUnexpectedField, "symbol", "letters and digits only");
  if (auto done = read_fields(table, "venue", venue, market); !done) return done;
  // What its numbers must be to each other, while file and line are at hand.
  if (const auto valid = validate(config); !valid)
    return table.complain(valid.error().code, valid.error().field, valid.error().note);
  return {};
}

Outcome<void> read_venues(const Config& root, MarketConfig& market) {
  const Outcome<std::vector<Config>> tables = root.tables("venue");
  if (!tables) return tables.error();
  if (tables->empty()) return {};
  market.venues.assign(tables->size(), VenueConfig{});
  for (std::size_t venue = 0; venue < tables->size(); ++venue) {
    if (auto done = read_venue((*tables)[venue], venue, market); !done) return done;
    for (std::size_t other = 0; other < venue; ++other) {
      if (market.venues[other].exchange.instrument.id ==
          market.venues[venue].exchange.instrument.id)
        return (*tables)[venue].complain(Errc::kBadRequest, "symbol",
                                         "two venues have the same symbol");
    }
  }
  return {};
}

Outcome<void> read_top(const Config& root, Scenario& scenario) {
  std::vector<std::string> known{"name", "about", "seed", "begin", "venue"};
  for (const char* table : kTables) known.emplace_back(table);
  if (auto fine = check_keys(root, "", std::move(known)); !fine) return fine;
  Outcome<std::string> name = root.text("name");
  if (!name) return name.error();
  Outcome<std::string> about = root.text_or("about", "");
  if (!about) return about.error();
  const Outcome<std::int64_t> seed = root.integer_or("seed", 1);
  if (!seed) return seed.error();
  if (*seed < 0) return root.complain(Errc::kOutOfRange, "seed", "0 or more");
  scenario.name = std::move(name).value();
  scenario.about = std::move(about).value();
  scenario.market.seed = static_cast<std::uint64_t>(*seed);
  if (!root.has("begin")) return {};
  const Outcome<std::string> begin = root.text("begin");
  if (!begin) return begin.error();
  const auto time = parse_time_text(*begin);
  if (!time) return root.complain(Errc::kBadTime, "begin", "such as 2025-12-01");
  scenario.market.begin = *time;
  return {};
}

}  // namespace

Outcome<Scenario> parse_scenario(std::string_view text, std::string_view file_name) {
  const Outcome<Config> root = parse_toml(text, file_name);
  if (!root) return root.error();
  Scenario scenario;
  if (auto done = read_top(*root, scenario); !done) return done.error();
  if (auto done = read_fields(*root, "", 0, scenario.market); !done) return done.error();
  for (const char* name : kTables) {
    if (!root->has(name)) continue;
    const Outcome<Config> table = root->table(name);
    if (!table) return table.error();
    if (auto fine = check_keys(*table, name, {}); !fine) return fine.error();
    if (auto done = read_fields(*table, name, 0, scenario.market); !done) return done.error();
  }
  if (auto done = read_venues(*root, scenario.market); !done) return done.error();
  if (const Outcome<void> valid = validate(scenario.market); !valid)
    return root->complain(valid.error().code, valid.error().field, valid.error().note);
  return scenario;
}

double field_value(const ScenarioField& field, const MarketConfig& config, std::size_t venue) {
  MarketConfig copy = config;  // the pointer is to a changeable one
  return std::visit(
      [](auto* at) {
        if constexpr (std::is_same_v<decltype(at), Nanos*>) {
          return static_cast<double>(at->value) / kNanosPerSecond;
        } else {
          return static_cast<double>(*at);
        }
      },
      field.in(copy, venue));
}

Outcome<void> set_field(const ScenarioField& field, double value, MarketConfig& config,
                        std::size_t venue) {
  // Written so that NaN fails.
  if (!(value >= field.least && value <= field.most))
    return Diagnostic{
        .code = Errc::kOutOfRange,
        .field = std::string(field.key),
        .note = "from " + number_text(field.least) + " to " + number_text(field.most)};
  return std::visit(
      [&](auto* at) -> Outcome<void> {
        using Value = std::remove_pointer_t<decltype(at)>;
        if constexpr (std::is_same_v<Value, Nanos>) {
          *at = Nanos(std::llround(value * kNanosPerSecond));
        } else if constexpr (std::is_integral_v<Value>) {
          if (value != std::floor(value))
            return Diagnostic{.code = Errc::kBadRequest,
                              .field = std::string(field.key),
                              .note = "a whole number"};
          *at = static_cast<Value>(value);
        } else {
          *at = value;
        }
        return {};
      },
      field.in(config, venue));
}

std::string write_scenario(const Scenario& scenario) {
  const MarketConfig& market = scenario.market;
  std::string out = "name = " + quoted(scenario.name) + "\nabout = " + quoted(scenario.about) +
                    "\nseed = " + std::to_string(market.seed) + "\nbegin = \"" +
                    to_text(market.begin) + "\"\n";
  write_fields("", market, 0, out);
  for (const char* table : kTables) {
    out += "\n[" + std::string(table) + "]\n";
    write_fields(table, market, 0, out);
  }
  for (std::size_t venue = 0; venue < market.venues.size(); ++venue) {
    const VenueConfig& one = market.venues[venue];
    out += "\n[[venue]]\nsymbol = " + quoted(one.exchange.instrument.id.symbol);
    out += "\nkind = " + quoted(word_of(kKinds, &KindName::kind, one.exchange.instrument.kind));
    out += "\nfeed = " + quoted(word_of(kFeeds, &FeedName::feed, one.feed));
    out += "\nliquidation_style = " +
           quoted(word_of(kStyles, &StyleName::style, one.exchange.liquidation.style));
    out += "\nmark = " + quoted(word_of(kMarks, &MarkName::mark, one.exchange.mark_kind)) + "\n";
    write_fields("venue", market, venue, out);
  }
  return out;
}

}  // namespace faultline
