#include <algorithm>

#include "core/time_text.hpp"
#include "serve/answer.hpp"
#include "serve/api.hpp"
#include "serve/documents.hpp"
#include "serve/query.hpp"
#include "serve/scorecard.hpp"
#include "study/map_document.hpp"

// The paths about one series.

namespace faultline {
namespace {

constexpr std::int64_t kTexelsMost = 20'000;  // of one answer
constexpr std::int64_t kColumnsMost = 500;
constexpr std::int64_t kPrintsMost = 5'000;
constexpr std::int64_t kPrintsDefault = 500;

// The columns of [from, to): what `from` and `to` of a query mean, widened to whole texels.
struct AskedColumns {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
struct AskedLimits {
  std::int64_t texels_most;
  int level = 0;
};
Outcome<AskedColumns> asked_columns(const HttpRequest& request, const MapHistory& history,
                                    AskedLimits limits) {
  const auto from = query_time(request, "from");
  if (!from) return from.error();
  const auto to = query_time(request, "to");
  if (!to) return to.error();
  const std::int64_t texel = std::int64_t{1} << limits.level;
  const std::int64_t most = limits.texels_most * texel;
  AskedColumns out;
  out.end = *to ? std::min(history.index_from(**to), history.column_end()) : history.column_end();
  if (*from) {
    out.begin = history.index_from(**from);
    if (out.begin >= out.end) return out;
    out.begin = out.begin / texel * texel;
  }
  out.end = (out.end + texel - 1) / texel * texel;
  if (!*from) out.begin = std::max<std::int64_t>(0, out.end - most);
  if (out.end - out.begin > most)
    return Diagnostic{.code = Errc::kLimit,
                      .field = "from",
                      .note = "at most " + std::to_string(limits.texels_most) +
                              (limits.level == 0 ? " columns" : " texels") + " an answer here"};
  return out;
}

// The part that the query names; absent where it names none. Errors: kOutOfRange.
Outcome<std::optional<std::size_t>> asked_part(const HttpRequest& request,
                                               const MapHistory& history) {
  const auto id = request.query_value("part");
  if (!id) return std::optional<std::size_t>();
  const auto part = history.part_of(*id);
  if (!part)
    return Diagnostic{.code = Errc::kOutOfRange,
                      .field = "part",
                      .value = std::string(*id),
                      .note = "the series has no such part; /v1/instruments lists those it has"};
  return part;
}

constexpr IntegerBounds kColumns{0, std::int64_t{1} << 40};

Diagnostic no_column_yet(const MapHistory& history, std::string field) {
  return {.code = Errc::kNoData,
          .field = std::move(field),
          .note = "the first column is that of " + to_text(history.first_column())};
}

}  // namespace

HttpResponse Api::map(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  const auto as_of = query_time(request, "as_of");
  if (!as_of) return answer_problem(request, as_of.error());
  MapHistory& history = *shown->history;
  std::int64_t index = shown->now->index;
  if (*as_of) {
    index = history.index_from(**as_of);
    if (history.time_of(index) > **as_of) --index;
  }
  const auto part = asked_part(request, history);
  if (!part) return answer_problem(request, part.error());
  const auto column = *part ? history.part_at(index, **part) : history.column_at(index);
  if (!column) return answer_problem(request, no_column_yet(history, "as_of"));
  return answer_json(request, map_document(history, *shown->now, *column, *part));
}

HttpResponse Api::heatmap(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  MapHistory& history = *shown->history;
  const Outcome<AskedColumns> asked = asked_columns(request, history, {kColumnsMost});
  if (!asked) return answer_problem(request, asked.error());
  JsonValue columns = JsonValue::array();
  const auto most = static_cast<std::size_t>(kColumnsMost);
  for (const PastColumn& past : history.columns(asked->begin, asked->end, most)) {
    JsonValue one = JsonValue::object();
    one.set("index", past.entry.index);
    const JsonValue fields = json_of_column(MomentView{*past.column, past.entry.span},
                                            history.identity().members, false);
    add_members(fields, one);
    columns.push(std::move(one));
  }
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *shown->now)).set("row_log", kRowLog);
  return answer_json(request, out.set("columns", std::move(columns)));
}

HttpResponse Api::tile(const HttpRequest& request) const {
  const Outcome<const ServedSeries*> series = series_of(request);
  if (!series) return answer_problem(request, series.error());
  constexpr IntegerBounds kRows{-1'000, 1'000};
  const auto level = query_integer(request, "level", {0, kTileLevelMax});
  if (!level) return answer_problem(request, level.error());
  const auto column = query_integer(request, "column", kColumns);
  if (!column) return answer_problem(request, column.error());
  const auto row = query_integer(request, "row", kRows);
  if (!row) return answer_problem(request, row.error());
  if (!*column || !*row)
    return answer_problem(request,
                          {.code = Errc::kMissingField, .field = *column ? "row" : "column"});
  const TileKey key{.level = static_cast<std::uint8_t>((*level).value_or(0)),
                    .column = **column,
                    .row = static_cast<std::int32_t>(**row)};
  MapHistory& history = (*series)->runner->history();
  const auto part = asked_part(request, history);
  if (!part) return answer_problem(request, part.error());
  const auto tile = history.tile(key, *part);
  if (!tile) return answer_problem(request, {.code = Errc::kNoData, .field = "tile"});
  // The same numbers name another tile of another series: only who says which one may keep it.
  const bool is_named = request.query_value("series") == (*series)->digest;
  return answer_bytes(request, tile->bytes,
                      tile->is_over && is_named ? Caching::kForever : Caching::kRevalidate);
}

HttpResponse Api::cell(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  MapHistory& history = *shown->history;
  const auto column = query_integer(request, "column", kColumns);
  if (!column) return answer_problem(request, column.error());
  constexpr std::int64_t kRowMost = 256'000;
  const auto row = query_integer(request, "row", {-kRowMost, kRowMost});
  if (!row) return answer_problem(request, row.error());
  if (!*row) return answer_problem(request, {.code = Errc::kMissingField, .field = "row"});
  const auto at = static_cast<std::int32_t>(**row);
  const auto cell = history.cell_at((*column).value_or(shown->now->index), at);
  if (!cell) return answer_problem(request, no_column_yet(history, "column"));
  return answer_json(request, cell_document(history, *shown->now, *cell, at));
}

HttpResponse Api::series(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  const MapHistory& history = *shown->history;
  const auto level = query_integer(request, "level", {0, kTileLevelMax});
  if (!level) return answer_problem(request, level.error());
  const int shift = static_cast<int>((*level).value_or(0));
  const Outcome<AskedColumns> asked = asked_columns(request, history, {kTexelsMost, shift});
  if (!asked) return answer_problem(request, asked.error());
  TexelSums sums(shift);
  // Not beyond the header, though columns may come meanwhile.
  history.visit_entries(asked->begin, std::min(asked->end, shown->now->index + 1),
                        [&](std::span<const SeriesEntry> some) { sums.add(some); });
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *shown->now)).set("level", shift);
  add_members(series_document(history, sums.texels()), out);
  return answer_json(request, out);
}

HttpResponse Api::clusters(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  return answer_json(request, clusters_document(*shown->history, *shown->now, WithMoments::kYes));
}

HttpResponse Api::liquidations(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  const MapHistory& history = *shown->history;
  const auto from = query_time(request, "from");
  if (!from) return answer_problem(request, from.error());
  const auto to = query_time(request, "to");
  if (!to) return answer_problem(request, to.error());
  const auto least = query_amount(request, "min_usd");
  if (!least) return answer_problem(request, least.error());
  const auto limit = query_integer(request, "limit", {1, kPrintsMost});
  if (!limit) return answer_problem(request, limit.error());
  const MapHistory::PrintQuery query{
      .range = {(*from).value_or(kAllTime.from), (*to).value_or(kAllTime.to)},
      .usd_least = (*least).value_or(0.0),
      .most = static_cast<std::size_t>((*limit).value_or(kPrintsDefault))};
  JsonValue prints = JsonValue::array();
  for (const SeriesPrint& print : history.prints(query)) prints.push(json_of_print(history, print));
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *shown->now)).set("liquidations", std::move(prints));
  return answer_json(request, out);
}

HttpResponse Api::scorecard(const HttpRequest& request) const {
  const Outcome<Shown> shown = shown_of(request);
  if (!shown) return answer_problem(request, shown.error());
  const MapHistory& history = *shown->history;
  Scorecard card(history.identity().column_interval);
  const UnixNanos begin = card.begin_at(shown->now->column->as_of);
  history.visit_entries(history.index_from(begin + Nanos(1)), shown->now->index + 1,
                        [&](std::span<const SeriesEntry> some) { card.add(some); });
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *shown->now));
  add_members(card.document(), out);
  return answer_json(request, out);
}

}  // namespace faultline
