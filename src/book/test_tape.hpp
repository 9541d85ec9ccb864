#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "book/naive_book.hpp"
#include "book/order_book.hpp"
#include "book/test_book.hpp"

namespace faultline {

// Random tapes: bytes become calls of a book, eight bytes a call, so that a fuzzer can write them.
// Two bytes before the first say around which price the tape plays and how many orders fit.
constexpr std::size_t kTapeHeadBytes = 2;
constexpr std::size_t kTapeCallBytes = 8;

enum class TapeCall : std::uint8_t { kPlace, kCancel, kCancelAll, kReplace, kSetPrice };

struct TapeLine {
  TapeCall call = TapeCall::kPlace;
  OrderRequest request;  // of kCancelAll the owner, of kReplace price and quantity
  std::size_t target = 0;
  PriceSource source = PriceSource::kMark;
};

struct Tape {
  BookConfig config;
  std::vector<TapeLine> lines;
};

// The bottom and the top of the ladder, and where words, pages and words of pages meet.
constexpr std::array<std::int64_t, 8> kTapeBases{-2,
                                                 50,
                                                 64 * 64 - 16,
                                                 64 * 64 * 64 - 16,
                                                 1'000'000,
                                                 kPriceLevels / 2 - 16,
                                                 kPriceLevels - 14,
                                                 kPriceLevels - 16};
constexpr std::uint32_t kTapeOwners = 6;  // owner 6 is one too many

inline PriceTicks tape_price(std::int64_t base, std::uint8_t byte) {
  constexpr std::array<std::int64_t, 4> kFar{-3'000, 5'000, 300'000, -300'000};
  return PriceTicks(byte < 240 ? base + byte % 16 : base + kFar[byte % 4]);
}

inline TapeLine tape_line(std::int64_t base, std::span<const std::uint8_t> bytes) {
  TapeLine line;
  OrderRequest& order = line.request;
  order.owner = OwnerId{bytes[1] % (bytes[1] < 250 ? kTapeOwners : kTapeOwners + 1)};
  order.side = bytes[2] % 2 == 0 ? Side::kLong : Side::kShort;
  order.is_reduce_only = bytes[2] / 2 % 4 == 0;
  order.self_trade = static_cast<SelfTrade>(bytes[2] / 8 % 4);
  order.price = tape_price(base, bytes[3]);
  order.quantity = Qty(bytes[4] % 24);
  if (bytes[4] == 255) order.quantity = Qty(kOrderLotsMax.value + 1);
  order.kind = static_cast<OrderKind>(bytes[5] % 8 < 5 ? bytes[5] % 8 : 0);
  line.source = bytes[6] % 2 == 0 ? PriceSource::kMark : PriceSource::kLast;
  line.target = bytes[7];
  const unsigned call = bytes[0] % 32;
  if (call < 4) {
    order.trigger = {bytes[6] / 2 % 2 == 0 ? TriggerKind::kStop : TriggerKind::kTakeProfit,
                     line.source, tape_price(base, bytes[7])};
  } else if (call >= 20) {
    constexpr std::array<TapeCall, 12> kCalls{
        TapeCall::kCancel,  TapeCall::kCancel,   TapeCall::kCancel,   TapeCall::kCancel,
        TapeCall::kReplace, TapeCall::kReplace,  TapeCall::kReplace,  TapeCall::kReplace,
        TapeCall::kReplace, TapeCall::kSetPrice, TapeCall::kSetPrice, TapeCall::kCancelAll};
    line.call = kCalls[call - 20];
  }
  return line;
}

inline Tape tape_of(std::span<const std::uint8_t> bytes) {
  Tape tape;
  if (bytes.size() < kTapeHeadBytes) return tape;
  const std::int64_t base = kTapeBases[bytes[0] % kTapeBases.size()];
  tape.config = {.orders_max = 4U + bytes[1] % 64U, .owners_max = kTapeOwners};
  bytes = bytes.subspan(kTapeHeadBytes);
  for (; bytes.size() >= kTapeCallBytes; bytes = bytes.subspan(kTapeCallBytes))
    tape.lines.push_back(tape_line(base, bytes.first(kTapeCallBytes)));
  return tape;
}

// The same tape seen from the other side: buyers sell, and what was far below is far above.
inline PriceTicks mirrored(PriceTicks price) { return PriceTicks(kPriceLevels - 1 - price.value); }

inline TapeLine mirrored(TapeLine line) {
  line.request.side = opposite(line.request.side);
  line.request.price = mirrored(line.request.price);
  if (line.request.trigger) line.request.trigger->price = mirrored(line.request.trigger->price);
  return line;
}

// What a call came back with.
struct TapeAnswer {
  std::optional<RejectReason> refusal;
  std::uint64_t order = 0;
  PlacementState state = PlacementState::kDone;
  Qty taken{};  // of a cancel what was left, of cancel_all the number of orders
  Qty filled{};

  friend bool operator==(const TapeAnswer&, const TapeAnswer&) = default;
};

// A book with its listener, fed line by line.
template <class Book>
class TapePlayer {
 public:
  explicit TapePlayer(const BookConfig& config) : book_(config, recorder_) {}

  TapeAnswer play(const TapeLine& line) {
    switch (line.call) {
      case TapeCall::kPlace:
        return answer_of(book_.place(line.request));
      case TapeCall::kCancel: {
        const auto order = book_.cancel(target_of(line));
        if (!order) return {.refusal = order.error()};
        return {.refusal = {},
                .order = recorder_.ordinal_of(order->id),
                .taken = order->order.quantity};
      }
      case TapeCall::kCancelAll:
        return {.refusal = {},
                .taken = Qty(static_cast<std::int64_t>(book_.cancel_all(line.request.owner)))};
      case TapeCall::kReplace:
        return answer_of(
            book_.replace(target_of(line), {line.request.price, line.request.quantity}));
      case TapeCall::kSetPrice: {
        const auto done = book_.set_price(line.source, line.request.price);
        return done ? TapeAnswer{} : TapeAnswer{.refusal = done.error()};
      }
    }
    return {};
  }

  Book& book() { return book_; }
  Recorder& recorder() { return recorder_; }

  // Everything that can be read of the book, ids as ordinals.
  std::vector<std::int64_t> state() {
    std::vector<std::int64_t> out{static_cast<std::int64_t>(book_.order_count())};
    for (const PriceSource source : {PriceSource::kMark, PriceSource::kLast})
      out.push_back(book_.reference_price(source).value_or(PriceTicks(-1)).value);
    for (const Side side : {Side::kLong, Side::kShort}) {
      book_.visit_levels(side, [&](PriceTicks price, Qty lots) {
        out.insert(out.end(), {price.value, lots.value, book_.lots_to(side, price).value});
        for (const OrderView& order : book_.orders_at(side, price)) add(order, out);
        return true;
      });
    }
    for (const OrderId id : recorder_.ids()) {
      const std::optional<OrderView> order = book_.find(id);
      if (order) add(*order, out);
    }
    return out;
  }

  // Empty, or what is wrong with the book on its own.
  std::string complaint() {
    std::int64_t sum = 0;
    for (const auto& [owner, lots] : recorder_.positions()) sum += lots;
    if (sum != 0) return "buys and sells differ";
    Recorder::Depth depth;
    for (const Side side : {Side::kLong, Side::kShort}) {
      book_.visit_levels(side, [&](PriceTicks price, Qty lots) {
        depth[{side, price.value}] = lots.value;
        std::int64_t queued = 0;
        for (const OrderView& order : book_.orders_at(side, price))
          queued += order.order.quantity.value;
        if (queued != lots.value) depth.clear();
        return queued == lots.value;
      });
    }
    if (depth != recorder_.depth()) return "the depth is not what the events made of it";
    const auto bid = book_.best_price(Side::kLong);
    const auto ask = book_.best_price(Side::kShort);
    if (bid && ask && *bid >= *ask) return "the book is crossed";
    return {};
  }

 private:
  OrderId target_of(const TapeLine& line) const {
    const auto& ids = recorder_.ids();
    return ids.empty() ? OrderId{line.target} : ids[ids.size() - 1 - line.target % ids.size()];
  }
  TapeAnswer answer_of(const Result<Placement, RejectReason>& result) {
    if (!result) return {.refusal = result.error()};
    return {.refusal = {},
            .order = recorder_.ordinal_of(result->id),
            .state = result->state,
            .taken = result->taken,
            .filled = result->filled};
  }
  void add(const OrderView& order, std::vector<std::int64_t>& out) {
    const OrderRequest& terms = order.order;
    out.insert(out.end(),
               {static_cast<std::int64_t>(recorder_.ordinal_of(order.id)), terms.price.value,
                terms.quantity.value, sign(terms.side), static_cast<std::int64_t>(terms.owner),
                static_cast<std::int64_t>(terms.kind), static_cast<std::int64_t>(terms.self_trade),
                terms.is_reduce_only ? 1 : 0, order.is_waiting ? 1 : 0,
                terms.trigger ? terms.trigger->price.value : -1});
  }

  Recorder recorder_;
  Book book_;
};

// Plays a tape on both books. Empty, or the line after which they differ, and how.
template <class Book = OrderBook>
std::string twin_complaint(const Tape& tape) {
  TapePlayer<Book> fast(tape.config);
  TapePlayer<NaiveBook> naive(tape.config);
  for (std::size_t i = 0; i < tape.lines.size(); ++i) {
    const std::string line = "line " + std::to_string(i) + ": ";
    if (fast.play(tape.lines[i]) != naive.play(tape.lines[i])) return line + "another answer";
    const auto events = fast.recorder().take_events();
    const auto expected = naive.recorder().take_events();
    const auto differs = std::ranges::mismatch(events, expected);
    if (differs.in1 != events.end() || differs.in2 != expected.end()) {
      return line + (differs.in1 == events.end() ? "nothing" : describe(*differs.in1)) + "; not " +
             (differs.in2 == expected.end() ? "nothing" : describe(*differs.in2));
    }
    if (fast.state() != naive.state()) return line + "another state";
    for (const std::string& wrong : {fast.complaint(), naive.complaint()}) {
      if (!wrong.empty()) return line + wrong;
    }
  }
  return {};
}

// Plays a tape and its mirror image. Empty, or the line after which they differ.
inline std::string mirror_complaint(const Tape& tape) {
  TapePlayer<OrderBook> player(tape.config);
  TapePlayer<OrderBook> mirror(tape.config);
  for (std::size_t i = 0; i < tape.lines.size(); ++i) {
    const std::string line = "line " + std::to_string(i) + ": ";
    if (player.play(tape.lines[i]) != mirror.play(mirrored(tape.lines[i])))
      return line + "another answer";
    std::vector<std::string> expected;
    for (BookEvent event : player.recorder().take_events()) {
      event.side = opposite(event.side);
      event.price = mirrored(PriceTicks(event.price)).value;
      expected.push_back(describe(event));
    }
    if (mirror.recorder().take_lines() != expected) return line + "other events";
  }
  return {};
}

}  // namespace faultline
