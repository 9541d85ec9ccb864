#include "serve/documents.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/check.hpp"
#include "core/time_text.hpp"
#include "serve/base64.hpp"
#include "study/map_document.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::size_t kPrintsAnUpdate = 200;

// Of the texel's candle, flows and states.
void add_entry(const SeriesEntry& entry, SeriesEntry& sum) {
  Candle& candle = sum.span.candle;
  candle.high = std::max(candle.high, entry.span.candle.high);
  candle.low = std::min(candle.low, entry.span.candle.low);
  candle.close = entry.span.candle.close;
  candle.end = entry.span.candle.end;
  sum.span.funding_rate += entry.span.funding_rate;
  sum.open_interest_usd = entry.open_interest_usd;
  sum.mark = entry.mark;
  sum.near = entry.near;
  sum.span.context = entry.span.context;
  add_flows(entry.span, sum.span);
}

JsonValue usd_or_null(const std::optional<double>& usd) {
  return usd ? JsonValue(cents(*usd)) : JsonValue();
}

// One column of a series: its name, and what it has to say of a texel.
struct Scalar {
  const char* name;
  JsonValue (*of)(const SeriesEntry&);
};
constexpr std::array kScalars{
    Scalar{"open", [](const SeriesEntry& e) { return JsonValue(e.span.candle.open); }},
    Scalar{"high", [](const SeriesEntry& e) { return JsonValue(e.span.candle.high); }},
    Scalar{"low", [](const SeriesEntry& e) { return JsonValue(e.span.candle.low); }},
    Scalar{"close", [](const SeriesEntry& e) { return JsonValue(e.span.candle.close); }},
    Scalar{"open_interest_usd",
           [](const SeriesEntry& e) { return JsonValue(cents(e.open_interest_usd)); }},
    Scalar{"funding_rate", [](const SeriesEntry& e) { return JsonValue(e.span.funding_rate); }},
    Scalar{"taker_buy_usd",
           [](const SeriesEntry& e) {
             return e.span.taker ? JsonValue(cents(e.span.taker->bought_usd)) : JsonValue();
           }},
    Scalar{"taker_sell_usd",
           [](const SeriesEntry& e) {
             return e.span.taker ? JsonValue(cents(e.span.taker->sold_usd)) : JsonValue();
           }},
    Scalar{"bid_depth_usd",
           [](const SeriesEntry& e) {
             const auto& depth = e.span.context.depth;
             return depth ? JsonValue(cents(depth->bids_usd)) : JsonValue();
           }},
    Scalar{"ask_depth_usd",
           [](const SeriesEntry& e) {
             const auto& depth = e.span.context.depth;
             return depth ? JsonValue(cents(depth->asks_usd)) : JsonValue();
           }},
    Scalar{"basis",
           [](const SeriesEntry& e) {
             const auto& basis = e.span.context.basis;
             return basis ? JsonValue(*basis) : JsonValue();
           }},
};

struct BySide {
  const char* name;
  std::optional<double> (*of)(const SeriesEntry&, std::size_t side);
};
bool has_feed(const SeriesEntry& e, std::size_t side) {
  return e.span.feed && e.span.feed->has_side[side];
}
constexpr std::array kBySide{
    BySide{"crossed_usd", [](const SeriesEntry& e,
                             std::size_t s) { return std::optional(e.span.crossed_usd[s]); }},
    BySide{"expected_liquidation_usd",
           [](const SeriesEntry& e, std::size_t s) {
             return has_feed(e, s) ? std::optional(e.span.feed->expected_liquidation_usd[s])
                                   : std::nullopt;
           }},
    BySide{"printed_usd",
           [](const SeriesEntry& e, std::size_t s) {
             return has_feed(e, s) ? std::optional(e.span.feed->printed_usd[s]) : std::nullopt;
           }},
    BySide{
        "near_1_percent_usd",
        [](const SeriesEntry& e, std::size_t s) { return std::optional(e.near[0].usd[s].mean); }},
};

std::optional<UsdInterval> interval_of(const SeriesEntry& e, std::size_t side) {
  return e.span.feed ? e.span.feed->liquidation_interval[side] : std::nullopt;
}

// Puts what `value_of` says of each entry under `name`: an array, or the value alone.
class Columns {
 public:
  explicit Columns(std::span<const SeriesEntry* const> entries, bool is_single)
      : entries_(entries), is_single_(is_single) {}

  template <class ValueOf>
  JsonValue of(const ValueOf& value_of) const {
    if (is_single_) return value_of(*entries_.front());
    JsonValue out = JsonValue::array();
    for (const SeriesEntry* entry : entries_) out.push(value_of(*entry));
    return out;
  }

 private:
  std::span<const SeriesEntry* const> entries_;
  bool is_single_;
};

void add_columns(const Columns& columns, JsonValue& out) {
  for (const Scalar& scalar : kScalars) out.set(scalar.name, columns.of(scalar.of));
  for (const BySide& field : kBySide) {
    JsonValue sides = JsonValue::object();
    for (const Side side : kSides)
      sides.set(name_of(side), columns.of([&](const SeriesEntry& e) {
        return usd_or_null(field.of(e, index_of(side)));
      }));
    out.set(field.name, std::move(sides));
  }
  JsonValue intervals = JsonValue::object();
  for (const Side side : kSides) {
    const auto end = [&](double UsdInterval::*member) {
      return columns.of([&](const SeriesEntry& e) {
        const auto band = interval_of(e, index_of(side));
        return band ? JsonValue(cents((*band).*member)) : JsonValue();
      });
    };
    JsonValue one = JsonValue::object();
    one.set("low", end(&UsdInterval::low)).set("high", end(&UsdInterval::high));
    intervals.set(name_of(side), std::move(one));
  }
  out.set("liquidation_interval", std::move(intervals));
}

// The rows of one side as the stream has them: `usd` is of all or of a part.
JsonValue codes_of(const MapColumn& column, const std::vector<float>& usd, Side side) {
  std::string codes;
  std::string wide((usd.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < usd.size(); ++i) {
    const std::uint16_t code = code_of_usd(static_cast<double>(usd[i]));
    codes.push_back(static_cast<char>(code & 0xFFU));
    codes.push_back(static_cast<char>(code >> 8U));
    if (is_wide(column.density_interval[index_of(side)], i))
      wide[i / 8] = static_cast<char>(static_cast<unsigned char>(wide[i / 8]) | (1U << (i % 8)));
  }
  JsonValue out = JsonValue::object();
  out.set("first_row", column.first_row).set("codes", to_base64(codes));
  return std::move(out.set("wide", to_base64(wide)));
}

JsonValue json_of_moments(std::span<const ClusterMoment> moments) {
  JsonValue as_of = JsonValue::array();
  JsonValue usd = JsonValue::array();
  JsonValue fed = JsonValue::array();
  for (const ClusterMoment& one : moments) {
    as_of.push(to_text(one.as_of));
    usd.push(cents(one.notional_at_risk_usd));
    fed.push(cents(one.fed_usd));
  }
  JsonValue out = JsonValue::object();
  out.set("as_of", std::move(as_of)).set("notional_at_risk_usd", std::move(usd));
  return std::move(out.set("fed_usd", std::move(fed)));
}

}  // namespace

double cents(double usd) { return std::round(usd * 100.0) / 100.0; }

JsonValue by_side(const std::array<double, 2>& usd) {
  JsonValue out = JsonValue::object();
  out.set("long", cents(usd[0])).set("short", cents(usd[1]));
  return out;
}

void add_members(const JsonValue& from, JsonValue& to) {
  FAULTLINE_CHECK(from.as_object() != nullptr);
  for (const JsonMember& member : *from.as_object()) to.set(member.name, member.value);
}

void TexelSums::add(std::span<const SeriesEntry> entries) {
  for (const SeriesEntry& entry : entries) {
    const std::int64_t index = (entry.index >> level_) << level_;
    if (!texels_.empty() && texels_.back().index == index) {
      add_entry(entry, texels_.back().entry);
      continue;
    }
    SeriesEntry& first = texels_.emplace_back(Texel{index, entry}).entry;
    if (level_ > 0 && first.span.feed) first.span.feed->liquidation_interval = {};
  }
}

std::optional<Nanos> age_of(const VenuePart& venue, UnixNanos now) {
  if (!venue.priced_until) return std::nullopt;
  // A column may be there a moment before the clock says so.
  return std::max(Nanos(0), now - *venue.priced_until);
}

bool is_stale(const VenuePart& venue, Nanos column_interval, UnixNanos now) {
  constexpr std::int64_t kIntervals = 5;
  const Nanos bound(kIntervals * std::max(column_interval, venue.step_length).value);
  const std::optional<Nanos> age = age_of(venue, now);
  return !age || *age > bound;
}

JsonValue header_of(const MapHistory& history, const MapNow& now) {
  const SeriesIdentity& identity = history.identity();
  JsonValue coverage = JsonValue::array();
  for (const VenueNow& venue : now.venues) {
    const std::string& feed = venue.part.feed;
    JsonValue one = JsonValue::object();
    one.set("instrument", to_text(venue.part.spec.id)).set("share", venue.part.share);
    one.set("feed", feed.empty() ? JsonValue() : JsonValue(feed));
    one.set("completeness", name_of(venue.completeness));
    one.set("is_stale", is_stale(venue.part, identity.column_interval, now.column->as_of));
    coverage.push(std::move(one));
  }
  JsonValue out = JsonValue::object();
  out.set("model_version", now.column->model_version).set("as_of", to_text(now.column->as_of));
  out.set("instrument", to_text(identity.instrument));
  out.set("is_simulated", identity.kind == SourceKind::kSimulation);
  out.set("members", identity.members);
  out.set("units", JsonValue::object().set("money", "USD").set("price", identity.quote));
  out.set("coverage", std::move(coverage));
  JsonValue assumptions = JsonValue::array();
  for (const char* text : {"an estimate from public data; positions are not observed",
                           "money is notional at risk, valued at the mark of its column",
                           "hedges, and closings ahead of liquidation, are not seen",
                           "no direction of price is predicted"})
    assumptions.push(text);
  return std::move(out.set("assumptions", std::move(assumptions)));
}

JsonValue series_document(const MapHistory& history, std::span<const Texel> texels) {
  JsonValue index = JsonValue::array();
  JsonValue time = JsonValue::array();
  std::vector<const SeriesEntry*> entries;
  for (const Texel& texel : texels) {
    index.push(texel.index);
    time.push(to_text(history.time_of(texel.index)));
    entries.push_back(&texel.entry);
  }
  JsonValue out = JsonValue::object();
  out.set("index", std::move(index)).set("time", std::move(time));
  add_columns(Columns(entries, false), out);
  return out;
}

JsonValue map_document(const MapHistory& history, const MapNow& now, const PastColumn& column,
                       std::optional<std::size_t> part) {
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, now)).set("index", column.entry.index);
  out.set("part", part ? JsonValue(history.parts()[*part].id) : JsonValue());
  out.set("row_log", kRowLog);
  const JsonValue fields = json_of_column(MomentView{*column.column, column.entry.span},
                                          history.identity().members, true);
  add_members(fields, out);
  const auto or_null = [&](const std::array<double, 2>& usd) {
    return column.is_whole ? by_side(usd) : JsonValue();
  };
  out.set("below_usd", or_null(column.column->below_usd));
  out.set("above_usd", or_null(column.column->above_usd));
  return std::move(out.set("never_usd", or_null(column.column->never_usd)));
}

JsonValue cell_document(const MapHistory& history, const MapNow& now, const PastCell& cell,
                        std::int32_t row) {
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, now)).set("index", cell.entry.index);
  out.set("as_of", to_text(cell.entry.as_of)).set("row", row);
  out.set("price_low", price_of_row(row)).set("price_high", price_of_row(row + 1));
  out.set("mark", cell.entry.mark);
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    JsonValue interval;
    JsonValue age;
    if (cell.kept && history.identity().members > 1) {
      const SumInterval& of = (*cell.kept)[s].density_interval;
      interval = JsonValue::object();
      interval.set("p10", cents(of.p10)).set("p50", cents(of.p50)).set("p90", cents(of.p90));
    }
    if (cell.kept && (*cell.kept)[s].mean_age_s) age = std::round(*(*cell.kept)[s].mean_age_s);
    JsonValue parts = JsonValue::array();
    for (std::size_t i = 0; i < cell.parts.size(); ++i) {
      JsonValue one = JsonValue::object();
      const auto& usd = cell.parts[i];
      one.set("id", history.parts()[i].id);
      one.set("notional_at_risk_usd", usd ? JsonValue(cents((*usd)[s])) : JsonValue());
      parts.push(std::move(one));
    }
    JsonValue one = JsonValue::object();
    one.set("notional_at_risk_usd", cents(cell.usd[s]));
    one.set("density_interval", std::move(interval)).set("mean_age_s", std::move(age));
    out.set(name_of(side), std::move(one.set("parts", std::move(parts))));
  }
  return out;
}

JsonValue clusters_document(const MapHistory& history, const MapNow& now, WithMoments with) {
  JsonValue clusters = JsonValue::array();
  for (const Cluster& cluster : now.clusters) clusters.push(json_of_cluster(cluster));
  JsonValue histories = JsonValue::array();
  for (const ClusterHistory& one : now.histories) {
    JsonValue of = json_of_history(one);
    if (with == WithMoments::kYes) of.set("moments", json_of_moments(one.moments));
    histories.push(std::move(of));
  }
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, now)).set("clusters", std::move(clusters));
  return std::move(out.set("cluster_histories", std::move(histories)));
}

JsonValue json_of_print(const MapHistory& history, const SeriesPrint& one) {
  const RealisedLiquidation& print = one.print;
  JsonValue out = JsonValue::object();
  out.set("time", to_text(print.time)).set("side", name_of(print.side));
  out.set("price", print.price).set("usd", cents(print.usd));
  out.set("instrument", to_text(history.identity().feeds[one.venue]));
  return std::move(out.set("completeness", name_of(print.completeness)));
}

JsonValue column_update(const MapHistory& history, const MapNow& now,
                        std::optional<std::size_t> part) {
  if (part && !now.parts->usd[*part]) return {};
  const SeriesEntry entry = entry_of(now);
  const std::array<const SeriesEntry*, 1> entries{&entry};
  JsonValue series = JsonValue::object();
  add_columns(Columns(entries, true), series);
  JsonValue out = JsonValue::object();
  out.set("column", now.index).set("time", to_text(history.time_of(now.index)));
  out.set("series", std::move(series));
  const ColumnParts::Rows& rows = part ? *now.parts->usd[*part] : now.column->notional_at_risk_usd;
  for (const Side side : kSides)
    out.set(name_of(side), codes_of(*now.column, rows[index_of(side)], side));
  return out;
}

JsonValue prints_update(const MapHistory& history, std::span<const SeriesPrint> prints) {
  std::vector<SeriesPrint> largest(prints.begin(), prints.end());
  std::ranges::stable_sort(largest, std::greater{},
                           [](const SeriesPrint& p) { return p.print.usd; });
  if (largest.size() > kPrintsAnUpdate) largest.resize(kPrintsAnUpdate);
  std::ranges::stable_sort(largest, std::greater{},
                           [](const SeriesPrint& p) { return p.print.time; });
  double usd = 0.0;
  for (const SeriesPrint& one : prints) usd += one.print.usd;
  JsonValue list = JsonValue::array();
  for (const SeriesPrint& one : largest) list.push(json_of_print(history, one));
  JsonValue out = JsonValue::object();
  out.set("liquidations", std::move(list)).set("count", prints.size());
  return std::move(out.set("usd", cents(usd)));
}

}  // namespace faultline
