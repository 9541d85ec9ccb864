#include "feed/definition.hpp"

#include <array>

#include "base/hash.hpp"

namespace faultline {
namespace {

// Every part goes in with its length, so that no two lists of parts are the same bytes.
class Digest {
 public:
  Digest& add(std::string_view text) {
    hash_.add_u64(text.size()).add_text(text);
    return *this;
  }
  Digest& add(const std::string& text) { return add(std::string_view(text)); }
  Digest& add(const char* text) { return add(std::string_view(text)); }
  Digest& add(std::int64_t value) {
    hash_.add_u64(static_cast<std::uint64_t>(value));
    return *this;
  }
  Digest& add(bool value) { return add(std::int64_t{value ? 1 : 0}); }
  Digest& add(Decimal value) { return add(value.mantissa).add(std::int64_t{value.exponent}); }
  Digest& add(UnixNanos value) { return add(value.value); }
  Digest& add(Nanos value) { return add(value.value); }
  template <class Enum>
  requires std::is_enum_v<Enum> Digest& add(Enum value) {
    return add(static_cast<std::int64_t>(value));
  }
  template <class T>
  Digest& add(const std::optional<T>& value) {
    add(value.has_value());
    return value ? add(*value) : *this;
  }
  template <class T>
  Digest& add(const std::vector<T>& values) {
    add(static_cast<std::int64_t>(values.size()));
    for (const T& value : values) add(value);
    return *this;
  }
  template <class T>
  Digest& add(const std::map<std::string, T>& values) {
    add(static_cast<std::int64_t>(values.size()));
    for (const auto& [name, value] : values) add(name).add(value);
    return *this;
  }
  Digest& add(const FieldSource& source) {
    add(source.column).add(source.constant).add(source.value).add(source.absent_value);
    add(source.factor).add(source.is_usd).add(source.price_column).add(source.is_absolute);
    add(source.is_negated).add(source.is_rounded).add(source.time_unit).add(source.utc_offset);
    return add(source.shift).add(source.words).add(source.is_sign).add(source.is_id);
  }
  Digest& add(const LevelLayout& levels) {
    add(levels.bid_price).add(levels.bid_qty).add(levels.ask_price).add(levels.ask_qty);
    return add(static_cast<std::int64_t>(levels.count)).add(levels.bids).add(levels.asks);
  }

  std::string text() const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(hash_.value() >> shift) & 15];
    return out;
  }

 private:
  Hash64 hash_;
};

}  // namespace

std::string meaning_of(const TableSpec& table, EventKind kind) {
  Digest digest;
  digest.add(table.format).add(table.header).add(std::string(1, table.delimiter));
  digest.add(table.column_names).add(table.absent_words);
  const SymbolSource& symbol = table.symbol;
  digest.add(symbol.fixed.has_value()).add(symbol.column).add(symbol.venue).add(symbol.pattern);
  digest.add(symbol.venue_column).add(symbol.venue_words).add(symbol.is_upper);
  digest.add(symbol.qty_factor);
  for (const EmitSpec& emit : table.emits) {
    if (emit.kind == kind) digest.add(emit.fields).add(emit.stamp).add(emit.levels);
  }
  return digest.text();
}

std::string selection_of(const TableSpec& table, EventKind kind, const InstrumentSpec& spec) {
  Digest digest;
  digest.add(table.symbol_column).add(table.own_symbols);
  for (const RowFilter& filter : table.filters) digest.add(filter.column).add(filter.values);
  for (const EmitSpec& emit : table.emits) {
    if (emit.kind != kind) continue;
    digest.add(emit.interval).add(emit.removes_duplicates).add(emit.skips_absent);
    digest.add(emit.from).add(emit.to);
  }
  return digest.add(spec.valid_from).add(spec.valid_to).text();
}

}  // namespace faultline
