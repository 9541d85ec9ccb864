#pragma once

#include <optional>
#include <span>
#include <vector>

#include "serve/map_history.hpp"
#include "text/json.hpp"

namespace faultline {

// The bodies of docs/formats/api.md that paths and streams share, made of what a history holds.

// Several columns of a series as one: the candle of all, sums of flows, states of the last.
//
// Invariant: intervals are those of one column; a sum of columns has none, because an interval of a
// sum is not the sum of intervals.
struct Texel {
  std::int64_t index = 0;  // of its first column, whether or not there is one
  SeriesEntry entry;
};
// `level` as in tiles. Requires: entries in order. Columns that are missing leave no texel of their
// own. Memory: that of the texels.
class TexelSums {
 public:
  explicit TexelSums(int level) : level_(level) {}
  void add(std::span<const SeriesEntry> entries);
  std::span<const Texel> texels() const { return texels_; }

 private:
  int level_;
  std::vector<Texel> texels_;
};

// How long before `now` a venue's last step with a recorded price ended; absent before the first.
std::optional<Nanos> age_of(const VenuePart& venue, UnixNanos now);
// Older than five column intervals, or five of its steps where those are longer.
bool is_stale(const VenuePart& venue, Nanos column_interval, UnixNanos now);

JsonValue header_of(const MapHistory& history, const MapNow& now);
// Arrays, one entry a texel.
JsonValue series_document(const MapHistory& history, std::span<const Texel> texels);
// Of a part where one is named: then the column has the rows of that part (part_at()).
JsonValue map_document(const MapHistory& history, const MapNow& now, const PastColumn& column,
                       std::optional<std::size_t> part = std::nullopt);
JsonValue cell_document(const MapHistory& history, const MapNow& now, const PastCell& cell,
                        std::int32_t row);
// With the moments of the histories, or without.
enum class WithMoments : std::uint8_t { kNo, kYes };
JsonValue clusters_document(const MapHistory& history, const MapNow& now, WithMoments with);
JsonValue json_of_print(const MapHistory& history, const SeriesPrint& print);

// The `data` of the stream's channels; null for a part that is not known yet.
JsonValue column_update(const MapHistory& history, const MapNow& now,
                        std::optional<std::size_t> part = std::nullopt);
// The largest of them, newest first.
JsonValue prints_update(const MapHistory& history, std::span<const SeriesPrint> prints);

// Whole cents: more digits would only tell how doubles work.
double cents(double usd);
JsonValue by_side(const std::array<double, 2>& usd);

// Sets every member of one object in another. Requires: objects (checked).
void add_members(const JsonValue& from, JsonValue& to);

}  // namespace faultline
