#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.hpp"
#include "book/order.hpp"

namespace faultline {

// Where a level is, counted from the best: the side is folded into the order, so that the best
// price of either side is the lowest key, and a ladder knows no side.
using LevelKey = std::uint32_t;
constexpr LevelKey kLevelKeys = static_cast<LevelKey>(kPriceLevels);
constexpr LevelKey kNoLevel = kLevelKeys;  // behind every level

// What is first when prices rise (sellers, triggers from below), and when they fall.
enum class Best : std::uint32_t { kLowest = 0, kHighest = 1 };

// The key is the price with all bits flipped, or none.
constexpr LevelKey mask_of(Best best) {
  return (0U - static_cast<LevelKey>(best)) & (kLevelKeys - 1);
}
constexpr LevelKey key_of(Best best, PriceTicks price) {
  return static_cast<LevelKey>(price.value) ^ mask_of(best);
}
constexpr PriceTicks price_of(Best best, LevelKey key) { return PriceTicks(key ^ mask_of(best)); }
// The key of the same price on the other side: where its orders stop to meet this one.
constexpr LevelKey across(LevelKey key) { return kLevelKeys - 1 - key; }
constexpr Best best_of(Side side) { return static_cast<Best>(1 - index_of(side)); }
static_assert(best_of(Side::kLong) == Best::kHighest && best_of(Side::kShort) == Best::kLowest);

// A queue of orders, linked through the orders themselves. Slot 0 is no order, so that a level of
// zero bytes is an empty one.
struct Level {
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  std::int64_t lots = 0;
};

// Levels by key, with a bitmap of those that hold an order, in four steps of 64:
//
//   key  = [ page >> 6 | page & 63 | word | bit ]      6 bits each
//   page = 4096 levels, 64 words of occupancy and one word that says which words are not zero;
//          the directory keeps the same two steps over its pages
//
// Invariant: a bit is set exactly where the level's queue is not empty; a page without a set bit is
// all zero, and spare. Memory follows the pages in use: 64 KB a page, reused before new ones are
// made; 33 KB for an empty ladder.
// Cost: first() is a load, at() three; open() and settle() touch bits for the first and the last
// order of a level only. A ladder is one cache line, so that the one of a side is a shift away.
class alignas(64) Ladder {
 public:
  LevelKey first() const { return first_; }

  // The best level behind `key`, or kNoLevel.
  LevelKey next_after(LevelKey key) const {
    const Page* page = page_of(key);
    const LevelKey word = key / 64 % 64;
    if (page != nullptr) {
      if (const std::uint64_t bits = behind(page->words[word], key % 64))
        return key - key % 64 + lowest(bits);
      if (const std::uint64_t bits = behind(page->summary, word))
        return first_of_word(key / kPageLevels, lowest(bits));
    }
    return next_page_after(key / kPageLevels);
  }

  // The level, about to get an order: its bit is set, and its page made if there is none. The
  // reference holds until a level is settled.
  Level& open(LevelKey key) {
    if (page_of(key) == nullptr) [[unlikely]]
      add_page(key / kPageLevels);
    Level& level = at(key);
    if (level.tail == 0) [[unlikely]]
      mark_used(key);
    return level;
  }

  // The level lost an order, and perhaps its last: the bits are made to say so.
  // Requires: no lots without orders (checked).
  void settle(LevelKey key) {
    if (at(key).head == 0) [[unlikely]]
      mark_empty(key);
  }

  // Requires: the page is there, as it is for every level that is not empty.
  Level& at(LevelKey key) { return page_of(key)->levels[key % kPageLevels]; }

  // An empty level where there is no page.
  Level look(LevelKey key) const {
    const Page* page = page_of(key);
    return page == nullptr ? Level{} : page->levels[key % kPageLevels];
  }

  std::size_t pages_in_use() const { return directory_->made.size() - directory_->spare.size(); }
  std::size_t pages_made() const { return directory_->made.size(); }

 private:
  static constexpr LevelKey kPageLevels = 64 * 64;
  static constexpr LevelKey kPages = kLevelKeys / kPageLevels;

  struct Page {
    std::array<std::uint64_t, 64> words{};
    std::uint64_t summary = 0;
    alignas(64) std::array<Level, kPageLevels> levels{};  // none in two cache lines
  };
  struct Directory {
    std::array<Page*, kPages> pages{};  // where there is one
    std::array<std::uint64_t, kPages / 64> words{};
    std::uint64_t summary = 0;
    std::vector<Page*> spare;
    std::vector<std::unique_ptr<Page>> made;
  };

  static std::uint64_t behind(std::uint64_t bits, LevelKey index) {
    return bits & (~std::uint64_t{1} << index);
  }
  static LevelKey lowest(std::uint64_t bits) {
    return static_cast<LevelKey>(std::countr_zero(bits));
  }

  Page* page_of(LevelKey key) { return directory_->pages[key / kPageLevels]; }
  const Page* page_of(LevelKey key) const { return directory_->pages[key / kPageLevels]; }
  LevelKey first_of_word(LevelKey page, LevelKey word) const {
    return page * kPageLevels + word * 64 + lowest(directory_->pages[page]->words[word]);
  }
  LevelKey next_page_after(LevelKey page) const;
  void mark_used(LevelKey key) {
    Page& page = *page_of(key);
    page.words[key / 64 % 64] |= std::uint64_t{1} << key % 64;
    page.summary |= std::uint64_t{1} << key / 64 % 64;
    if (key < first_) first_ = key;
  }
  void mark_empty(LevelKey key);
  void add_page(LevelKey page);
  void drop_page(LevelKey page);

  LevelKey first_ = kNoLevel;
  std::unique_ptr<Directory> directory_ = std::make_unique<Directory>();
};

}  // namespace faultline
