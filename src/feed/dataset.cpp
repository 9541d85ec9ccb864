#include "feed/dataset.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/event.hpp"
#include "feed/fields.hpp"
#include "text/config.hpp"

namespace faultline {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// One of the given words, by number. `fallback` where the key is absent.
template <class Enum, std::size_t N>
Outcome<Enum> choice(const Config& config, std::string_view key,
                     const std::array<std::string_view, N>& words, Enum fallback) {
  if (!config.has(key)) return fallback;
  const Outcome<std::string> text = config.text(key);
  if (!text) return text.error();
  const auto found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<Enum>(found - words.begin());
  std::string known;
  for (const std::string_view word : words)
    known += (known.empty() ? "" : ", ") + std::string(word);
  Diagnostic diagnostic = config.complain(Errc::kUnexpectedField, key, "one of " + known);
  diagnostic.value = *text;
  return diagnostic;
}

Outcome<Decimal> decimal_of(const Config& config, std::string_view key, Decimal fallback) {
  if (!config.has(key)) return fallback;
  const Outcome<std::string> text = config.text(key);
  if (!text) return text.error();
  const Result<Decimal> value = parse_decimal(*text);
  if (value && value->mantissa > 0) return *value;
  Diagnostic diagnostic =
      config.complain(value ? Errc::kOutOfRange : value.error().code, key,
                      "a positive decimal number in quotes, so that it stays exact");
  diagnostic.value = *text;
  return diagnostic;
}

Outcome<std::optional<UnixNanos>> time_of_key(const Config& config, std::string_view key) {
  if (!config.has(key)) return std::optional<UnixNanos>();
  const Outcome<std::string> text = config.text(key);
  if (!text) return text.error();
  const Result<UnixNanos> time = parse_time_text(*text);
  if (time) return std::optional(*time);
  Diagnostic diagnostic = config.complain(Errc::kBadTime, key);
  diagnostic.value = *text;
  return diagnostic;
}

constexpr std::array<std::string_view, 2> kContractWords{"linear", "inverse"};

// The keys of a spec without its id.
Outcome<InstrumentSpec> parse_spec(const Config& config, InstrumentId id) {
  InstrumentSpec spec;
  spec.id = std::move(id);
  const auto kind = choice(config, "kind", kContractWords, ContractKind::kLinear);
  if (!kind) return kind.error();
  spec.kind = *kind;
  const std::array<std::tuple<std::string_view, Decimal*>, 3> decimals{
      {{"tick_size", &spec.tick_size},
       {"lot_size", &spec.lot_size},
       {"contract_multiplier", &spec.contract_multiplier}}};
  for (const auto& [key, slot] : decimals) {
    const Outcome<Decimal> value = decimal_of(config, key, *slot);
    if (!value) return value.error();
    *slot = *value;
  }
  if (!units_of(spec.tick_size, Decimal{1, -9}))
    return config.complain(Errc::kOutOfRange, "tick_size", "below 1e-9");
  const std::array<std::tuple<std::string_view, std::string*>, 3> texts{
      {{"base", &spec.base}, {"quote", &spec.quote}, {"settle", &spec.settle}}};
  for (const auto& [key, slot] : texts) {
    const Outcome<std::string> value = config.text_or(key, *slot);
    if (!value) return value.error();
    *slot = *value;
  }
  const auto from = time_of_key(config, "valid_from");
  if (!from) return from.error();
  if (*from) spec.valid_from = **from;
  const auto to = time_of_key(config, "valid_to");
  if (!to) return to.error();
  spec.valid_to = *to;
  if (spec.valid_to && *spec.valid_to <= spec.valid_from)
    return config.complain(Errc::kOutOfRange, "valid_to", "after valid_from");
  return spec;
}

Outcome<InstrumentId> id_of_key(const Config& config, std::string_view key) {
  const Outcome<std::string> text = config.text(key);
  if (!text) return text.error();
  const Result<InstrumentId> id = parse_instrument_id(*text);
  if (id) return *id;
  Diagnostic diagnostic =
      config.complain(id.error().code, key, "venue:symbol, for example binance_usdm:BTCUSDT");
  diagnostic.value = *text;
  return diagnostic;
}

Outcome<InstrumentSpec> parse_instrument(const Config& config) {
  if (auto known = config.only({"id", "kind", "tick_size", "lot_size", "contract_multiplier",
                                "base", "quote", "settle", "valid_from", "valid_to"});
      !known) {
    return known.error();
  }
  const Outcome<InstrumentId> id = id_of_key(config, "id");
  if (!id) return id.error();
  return parse_spec(config, *id);
}

Outcome<Venue> venue_of_key(const Config& config, std::string_view key) {
  const Outcome<std::string> text = config.text(key);
  if (!text) return text.error();
  const Result<Venue> venue = parse_venue(*text);
  if (venue) return *venue;
  Diagnostic diagnostic = config.complain(Errc::kUnknownVenue, key);
  diagnostic.value = *text;
  return diagnostic;
}

// One venue for all rows, or a column with words for venues.
Outcome<void> parse_venues(const Config& config, SymbolSource& symbol) {
  if (!config.has("venue_column")) {
    if (config.has("venues"))
      return config.complain(Errc::kMissingField, "venue_column", "venues belong to it");
    const Outcome<Venue> venue = venue_of_key(config, "venue");
    if (!venue) return venue.error();
    symbol.venue = *venue;
    return {};
  }
  if (config.has("venue"))
    return config.complain(Errc::kUnexpectedField, "venue", "venue_column is given already");
  const Outcome<std::string> venue_column = config.text("venue_column");
  if (!venue_column) return venue_column.error();
  symbol.venue_column = *venue_column;
  const Outcome<Config> venues = config.table("venues");
  if (!venues) return venues.error();
  for (const std::string& word : venues->keys()) {
    const Outcome<Venue> venue = venue_of_key(*venues, word);
    if (!venue) return venue.error();
    symbol.venue_words[lower(word)] = *venue;
  }
  return {};
}

Outcome<SymbolSource> parse_symbol(const Config& table) {
  SymbolSource symbol;
  if (table.has("instrument") && table.has("symbol"))
    return table.complain(Errc::kUnexpectedField, "symbol", "instrument is given already");
  if (table.has("instrument")) {
    const Outcome<InstrumentId> id = id_of_key(table, "instrument");
    if (!id) return id.error();
    symbol.fixed = *id;
    return symbol;
  }
  if (!table.has("symbol")) {
    return table.complain(Errc::kMissingField, "",
                          "needs instrument = \"venue:symbol\" or a symbol table");
  }
  const Outcome<Config> config = table.table("symbol");
  if (!config) return config.error();
  if (auto known = config->only(
          {"column", "venue", "pattern", "venue_column", "venues", "upper", "qty_factor"});
      !known) {
    return known.error();
  }
  const Outcome<std::string> column = config->text("column");
  if (!column) return column.error();
  symbol.column = *column;
  const Outcome<std::string> pattern = config->text_or("pattern", "{}");
  if (!pattern) return pattern.error();
  symbol.pattern = *pattern;
  if (symbol.pattern.find("{}") == std::string::npos)
    return config->complain(Errc::kUnexpectedField, "pattern", "needs {} for the symbol");
  const Outcome<bool> upper = config->flag_or("upper", false);
  if (!upper) return upper.error();
  symbol.is_upper = *upper;
  if (auto done = parse_venues(*config, symbol); !done) return done.error();
  if (!config->has("qty_factor")) return symbol;
  const Outcome<Config> factors = config->table("qty_factor");
  if (!factors) return factors.error();
  for (const std::string& key : factors->keys()) {
    const Outcome<Decimal> factor = decimal_of(*factors, key, Decimal{1, 0});
    if (!factor) return factor.error();
    symbol.qty_factor[key] = *factor;
  }
  return symbol;
}

Outcome<std::vector<RowFilter>> parse_filters(const Config& table) {
  std::vector<RowFilter> filters;
  const Outcome<std::vector<Config>> configs = table.tables("where");
  if (!configs) return configs.error();
  for (const Config& config : *configs) {
    if (auto known = config.only({"column", "is"}); !known) return known.error();
    const Outcome<std::string> column = config.text("column");
    if (!column) return column.error();
    const Outcome<std::vector<std::string>> values = config.texts("is");
    if (!values) return values.error();
    filters.push_back(RowFilter{*column, *values});
  }
  return filters;
}

// The preset that a table names, parsed; absent where it names none.
Outcome<std::optional<Config>> preset_of(const Config& table) {
  if (!table.has("preset")) return std::optional<Config>();
  const Outcome<std::string> name = table.text("preset");
  if (!name) return name.error();
  std::vector<std::string> known;
  for (const PresetInfo& preset : preset_list()) {
    known.emplace_back(preset.name);
    if (preset.name != *name) continue;
    Outcome<Config> parsed = parse_toml(preset.toml, "preset " + *name);
    if (!parsed) return parsed.error();
    return std::optional<Config>(std::move(parsed).value());
  }
  const std::string near = nearest_word(*name, known);
  Diagnostic diagnostic =
      table.complain(Errc::kUnknownKey, "preset", near.empty() ? "" : "did you mean " + near + "?");
  diagnostic.value = *name;
  return diagnostic;
}

// Keys of a table that may stand in the preset instead.
Outcome<void> parse_shape(const Config& config, TableSpec& table) {
  constexpr std::array<std::string_view, 4> kFormats{"auto", "csv", "parquet", "jsonl"};
  constexpr std::array<std::string_view, 3> kHeaders{"auto", "yes", "no"};
  const auto format = choice(config, "format", kFormats, table.format);
  if (!format) return format.error();
  table.format = *format;
  const auto header = choice(config, "header", kHeaders, table.header);
  if (!header) return header.error();
  table.header = *header;
  if (config.has("column_names")) {
    const auto names = config.texts("column_names");
    if (!names) return names.error();
    table.column_names = *names;
  }
  if (config.has("absent")) {
    const auto words = config.texts("absent");
    if (!words) return words.error();
    table.absent_words = *words;
  }
  const Outcome<std::string> symbol_column = config.text_or("symbol_column", table.symbol_column);
  if (!symbol_column) return symbol_column.error();
  table.symbol_column = *symbol_column;
  const Outcome<std::string> delimiter =
      config.text_or("delimiter", std::string(1, table.delimiter));
  if (!delimiter) return delimiter.error();
  if (delimiter->size() != 1 || delimiter->find_first_of("\"\r\n.+-") == 0) {
    return config.complain(Errc::kUnexpectedField, "delimiter", "needs one character");
  }
  table.delimiter = delimiter->front();
  return {};
}

// The emits of the table, or else those of its preset.
Outcome<void> parse_emits(const Config& config, const std::optional<Config>& preset,
                          TableSpec& table) {
  const Config& emit_home = preset && !config.has("emit") ? *preset : config;
  const Outcome<std::vector<Config>> emits = emit_home.tables("emit");
  if (!emits) return emits.error();
  if (emits->empty())
    return config.complain(Errc::kMissingField, "emit", "a table needs a preset or [[table.emit]]");
  for (const Config& emit : *emits) {
    Outcome<EmitSpec> spec = parse_emit(emit, config);
    if (!spec) return spec.error();
    table.emits.push_back(std::move(spec).value());
  }
  // These stand in for fields of the emits; without one that has the field they would be ignored.
  for (const std::string_view key : {"length", "completeness", "price_kind"}) {
    const auto has_field = [&](const EmitSpec& emit) {
      return std::ranges::find(fields_of(emit.kind), key, &FieldInfo::name) !=
             fields_of(emit.kind).end();
    };
    if (config.has(key) && std::ranges::none_of(table.emits, has_field))
      return config.complain(Errc::kUnexpectedField, key, "no rows of this table have one");
  }
  return {};
}

// What the symbol column says for the one instrument of the table.
Outcome<void> parse_own_symbol(const Config& config, TableSpec& table) {
  const bool is_fixed = table.symbol.fixed.has_value();
  for (const std::string_view key : {"symbol_column", "own_symbol"}) {
    if (config.has(key) && !is_fixed)
      return config.complain(Errc::kUnexpectedField, key, "only with instrument");
  }
  if (config.has("own_symbol") && table.symbol_column.empty())
    return config.complain(Errc::kMissingField, "symbol_column", "own_symbol belongs to it");
  if (!is_fixed || table.symbol_column.empty()) return {};
  table.own_symbols = {table.symbol.fixed->symbol};
  if (!config.has("own_symbol")) return {};
  const Outcome<std::vector<std::string>> own = config.texts("own_symbol");
  if (!own) return own.error();
  table.own_symbols = *own;
  return {};
}

Outcome<TableSpec> parse_table(const Config& config) {
  if (auto known = config.only({"files", "format", "header", "delimiter", "column_names", "absent",
                                "instrument", "symbol", "where", "emit", "preset", "length",
                                "completeness", "price_kind", "symbol_column", "own_symbol"});
      !known) {
    return known.error();
  }
  TableSpec table;
  table.line = config.line();
  const Outcome<std::vector<std::string>> files = config.texts("files");
  if (!files) return files.error();
  table.files = *files;
  if (table.files.empty()) return config.complain(Errc::kEmpty, "files", "needs a file");
  const Outcome<std::optional<Config>> preset = preset_of(config);
  if (!preset) return preset.error();
  if (*preset) {
    table.preset = *config.text("preset");
    if (auto done = parse_shape(**preset, table); !done) return done.error();
  }
  if (auto done = parse_shape(config, table); !done) return done.error();
  Outcome<SymbolSource> symbol = parse_symbol(config);
  if (!symbol) return symbol.error();
  table.symbol = std::move(symbol).value();
  if (auto done = parse_own_symbol(config, table); !done) return done.error();
  Outcome<std::vector<RowFilter>> filters = parse_filters(config);
  if (!filters) return filters.error();
  table.filters = std::move(filters).value();
  if (auto done = parse_emits(config, *preset, table); !done) return done.error();
  return table;
}

}  // namespace

std::optional<InstrumentSpec> Dataset::spec_of(const InstrumentId& id) const {
  const auto found = std::ranges::find(instruments, id, &InstrumentSpec::id);
  if (found != instruments.end()) return *found;
  if (!fallback) return std::nullopt;
  InstrumentSpec spec = *fallback;
  spec.id = id;
  return spec;
}

Outcome<Dataset> parse_dataset(std::string_view text, std::string_view file_name) {
  const Outcome<Config> root = parse_toml(text, file_name);
  if (!root) return root.error();
  if (auto known = root->only({"name", "about", "instrument", "other_instruments", "table"});
      !known)
    return known.error();
  Dataset dataset;
  dataset.file = std::string(file_name);
  const Outcome<std::string> name = root->text("name");
  if (!name) return name.error();
  dataset.name = *name;
  if (dataset.name.empty() || dataset.name.find_first_not_of(
                                  "abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos) {
    return root->complain(Errc::kUnexpectedField, "name",
                          "lower-case letters, digits, _ and - only");
  }
  const Outcome<std::string> about = root->text_or("about", "");
  if (!about) return about.error();
  dataset.about = *about;
  const Outcome<std::vector<Config>> instruments = root->tables("instrument");
  if (!instruments) return instruments.error();
  for (const Config& config : *instruments) {
    Outcome<InstrumentSpec> spec = parse_instrument(config);
    if (!spec) return spec.error();
    if (std::ranges::find(dataset.instruments, spec->id, &InstrumentSpec::id) !=
        dataset.instruments.end()) {
      Diagnostic diagnostic =
          config.complain(Errc::kDuplicate, "id", "a contract that changed needs a second dataset");
      diagnostic.value = to_text(spec->id);
      return diagnostic;
    }
    dataset.instruments.push_back(std::move(spec).value());
  }
  if (root->has("other_instruments")) {
    const Outcome<Config> config = root->table("other_instruments");
    if (!config) return config.error();
    if (auto known = config->only(
            {"kind", "tick_size", "lot_size", "contract_multiplier", "base", "quote", "settle"});
        !known) {
      return known.error();
    }
    Outcome<InstrumentSpec> spec = parse_spec(*config, InstrumentId{});
    if (!spec) return spec.error();
    dataset.fallback = std::move(spec).value();
  }
  const Outcome<std::vector<Config>> tables = root->tables("table");
  if (!tables) return tables.error();
  if (tables->empty())
    return root->complain(Errc::kMissingField, "table", "a dataset needs at least one [[table]]");
  for (const Config& config : *tables) {
    Outcome<TableSpec> table = parse_table(config);
    if (!table) return table.error();
    const auto& fixed = table->symbol.fixed;
    if (fixed && !dataset.spec_of(*fixed)) {
      return config.complain(Errc::kMissingField, "instrument",
                             "no [[instrument]] describes " + to_text(*fixed) +
                                 " and there is no [other_instruments]");
    }
    dataset.tables.push_back(std::move(table).value());
  }
  return dataset;
}

}  // namespace faultline
