#include "map/column_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::size_t kOwnParts = kDistanceTiers + kAgeParts.size();  // of one venue

const std::array<MapPart, kOwnParts> kOwn{{
    {"distance_0_2", PartKind::kDistance, "liquidated less than 2 % from the entry"},
    {"distance_2_5", PartKind::kDistance, "liquidated 2 to 5 % from the entry"},
    {"distance_5_10", PartKind::kDistance, "liquidated 5 to 10 % from the entry"},
    {"distance_over_10", PartKind::kDistance, "liquidated more than 10 % from the entry"},
    {"age_1h", PartKind::kAge, "open for an hour at least"},
    {"age_4h", PartKind::kAge, "open for 4 hours at least"},
    {"age_24h", PartKind::kAge, "open for 24 hours at least"},
}};

void add_scaled(std::span<const double> from, double factor, std::vector<float>& to) {
  to.resize(from.size(), 0.0F);
  for (std::size_t i = 0; i < from.size(); ++i) to[i] += static_cast<float>(from[i] * factor);
}

}  // namespace

std::string_view name_of(PartKind kind) {
  switch (kind) {
    case PartKind::kDistance:
      return "distance";
    case PartKind::kAge:
      return "age";
    case PartKind::kVenue:
      return "venue";
  }
  return {};
}

std::vector<MapPart> parts_of(std::span<const InstrumentId> venues) {
  std::vector<MapPart> out(kOwn.begin(), kOwn.end());
  if (venues.size() < 2) return out;
  for (const InstrumentId& id : venues) {
    const std::string text = to_text(id);
    out.push_back({text, PartKind::kVenue, "held as " + text});
  }
  return out;
}

void VenueParts::look(const VenueView& venue, const RowFrame& frame, UnixNanos now) {
  const ProfileGrid grid = grid_of(frame);
  usd_per_unit_ = unit_notional_approx(venue.mark, venue.spec);
  frame_ = frame;
  looked_at_ = now;
  for (const Side side : kSides) {
    ProfileParts& parts = parts_[index_of(side)];
    parts = venue.density.parts(side, grid, venue.weights);
    AgeTracker::Look look{.now = now, .first_row = frame.first_row, .by_class = parts.by_class};
    for (std::size_t c = 0; c < kPatienceClasses; ++c)
      look.kept_log[c] = venue.density.kept_log(side, c);
    ages_[index_of(side)].look(look);
  }
}

void VenueParts::add_to(Sum& sum) const {
  sum.usd.resize(kOwnParts);
  sum.watched = std::min(sum.watched, ages_[0].watched());
  for (const std::size_t s : {0U, 1U}) {
    const std::vector<double>& by_tier = parts_[s].by_tier;
    const std::size_t rows = by_tier.size() / kDistanceTiers;
    FAULTLINE_CHECK(rows > 0);
    std::vector<double> line(rows);
    for (std::size_t tier = 0; tier < kDistanceTiers; ++tier) {
      for (std::size_t row = 0; row < rows; ++row) line[row] = by_tier[row * kDistanceTiers + tier];
      add_scaled(line, usd_per_unit_, sum.usd[tier][s]);
    }
    for (std::size_t i = 0; i < kAgeParts.size(); ++i)
      add_scaled(ages_[s].older_than(kAgeParts[i]), usd_per_unit_, sum.usd[kDistanceTiers + i][s]);
    line = ages_[s].mean_age_s();
    for (std::size_t row = 0; row < rows; ++row) {
      double held = 0.0;
      for (std::size_t tier = 0; tier < kDistanceTiers; ++tier)
        held += by_tier[row * kDistanceTiers + tier];
      line[row] = held > 0.0 ? line[row] * held : 0.0;
    }
    add_scaled(line, usd_per_unit_, sum.usd_seconds[s]);
  }
}

bool VenueParts::is_of(const MapColumn& column) const {
  return frame_.first_row == column.first_row && frame_.row_count == column.row_count() &&
         looked_at_ == column.as_of;
}

std::size_t VenueParts::memory_bytes() const {
  std::size_t bytes = 0;
  for (const std::size_t s : {0U, 1U}) {
    bytes += ages_[s].memory_bytes();
    bytes += (parts_[s].by_tier.size() + parts_[s].by_class.size()) * sizeof(double);
  }
  return bytes;
}

ColumnParts column_parts(const EnsembleColumn& column, std::span<const VenueParts* const> venues) {
  FAULTLINE_CHECK(venues.size() == column.venues().size());
  VenueParts::Sum sum;
  for (const VenueParts* venue : venues) {
    FAULTLINE_CHECK(venue->is_of(column.column()));
    venue->add_to(sum);
  }
  ColumnParts out;
  for (const std::size_t s : {0U, 1U}) {
    const std::size_t rows = column.column().row_count();
    std::vector<float>& age = out.mean_age_s[s];
    age.assign(rows, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t row = 0; row < rows; ++row) {
      float usd = 0.0F;
      for (std::size_t tier = 0; tier < kDistanceTiers; ++tier) usd += sum.usd[tier][s][row];
      if (usd >= 1.0F) age[row] = sum.usd_seconds[s][row] / usd;
    }
  }
  for (std::size_t i = 0; i < kOwnParts; ++i) {
    const bool is_known = i < kDistanceTiers || sum.watched >= kAgeParts[i - kDistanceTiers];
    out.usd.push_back(is_known ? std::optional(std::move(sum.usd[i])) : std::nullopt);
  }
  if (venues.size() < 2) return out;
  for (const VenueRows& venue : column.venues())
    out.usd.emplace_back(
        ColumnParts::Rows{venue.notional_at_risk_usd[0], venue.notional_at_risk_usd[1]});
  return out;
}

}  // namespace faultline
