#pragma once

#include <compare>
#include <cstdint>

namespace faultline {

// Integer quantities that must not mix: each is a different type, and a bare integer becomes one
// only explicitly.
//
//   PriceTicks   where a level is, in ticks of one instrument       (an absolute point)
//   TickDelta    how far apart two levels are, in ticks             (a signed distance)
//   PriceE9      a price in 1e-9 of the quote currency, for prices off the tick grid: marks,
//   indices, averages, bars Qty          an amount in lots of one instrument
//   (InstrumentSpec::lot_size coins or contracts) Notional     an amount of money in 1e-6 of the
//   quote currency UnixNanos    a point in time, nanoseconds since 1970-01-01 UTC Nanos        a
//   length of time in nanoseconds
//
// Why ticks and not doubles: level arithmetic must be exact, equal prices must compare equal, and a
// tick is directly an index into a ladder. Cost: 8 bytes each, trivially copyable; all operations
// are one integer instruction.
template <class Tag>
struct Count {
  std::int64_t value = 0;

  constexpr Count() = default;
  constexpr explicit Count(std::int64_t raw) : value(raw) {}

  friend constexpr auto operator<=>(const Count&, const Count&) = default;
};

// A count that can be added to itself: a distance or an amount, not a point.
template <class Tag>
struct Amount : Count<Tag> {
  using Count<Tag>::Count;

  friend constexpr Amount operator+(Amount a, Amount b) { return Amount(a.value + b.value); }
  friend constexpr Amount operator-(Amount a, Amount b) { return Amount(a.value - b.value); }
  friend constexpr Amount operator-(Amount a) { return Amount(-a.value); }
  constexpr Amount& operator+=(Amount other) {
    this->value += other.value;
    return *this;
  }
  constexpr Amount& operator-=(Amount other) {
    this->value -= other.value;
    return *this;
  }
};

using TickDelta = Amount<struct TickDeltaTag>;
using Qty = Amount<struct QtyTag>;
using Notional = Amount<struct NotionalTag>;
using Nanos = Amount<struct NanosTag>;

using PriceTicks = Count<struct PriceTicksTag>;
using PriceE9 = Count<struct PriceE9Tag>;
using UnixNanos = Count<struct UnixNanosTag>;

constexpr TickDelta operator-(PriceTicks a, PriceTicks b) { return TickDelta(a.value - b.value); }
constexpr PriceTicks operator+(PriceTicks a, TickDelta b) { return PriceTicks(a.value + b.value); }
constexpr PriceTicks operator-(PriceTicks a, TickDelta b) { return PriceTicks(a.value - b.value); }
constexpr Nanos operator-(UnixNanos a, UnixNanos b) { return Nanos(a.value - b.value); }
constexpr UnixNanos operator+(UnixNanos a, Nanos b) { return UnixNanos(a.value + b.value); }
constexpr UnixNanos operator-(UnixNanos a, Nanos b) { return UnixNanos(a.value - b.value); }

constexpr Nanos kSecond{1'000'000'000};
constexpr Nanos kMinute{60 * kSecond.value};
constexpr Nanos kHour{60 * kMinute.value};
constexpr Nanos kDay{24 * kHour.value};

// Lossy: for estimates and pictures only.
constexpr double to_double_approx(PriceE9 price) { return static_cast<double>(price.value) * 1e-9; }
constexpr double to_double_approx(Notional amount) {
  return static_cast<double>(amount.value) * 1e-6;
}

// Which side of the market. Side is data: every rule is written once and uses sign().
enum class Side : std::uint8_t { kLong = 0, kShort = 1 };

constexpr Side opposite(Side side) { return side == Side::kLong ? Side::kShort : Side::kLong; }
// +1 long, −1 short.
constexpr int sign(Side side) { return side == Side::kLong ? 1 : -1; }
constexpr std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }
constexpr const char* name_of(Side side) { return side == Side::kLong ? "long" : "short"; }

}  // namespace faultline
