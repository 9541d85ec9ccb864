#include "book/ladder.hpp"

#include <utility>

namespace faultline {

LevelKey Ladder::next_page_after(LevelKey page) const {
  LevelKey found = kPages;
  if (const std::uint64_t bits = behind(page_words_[page / 64], page % 64)) {
    found = page - page % 64 + lowest(bits);
  } else if (const std::uint64_t words = behind(page_summary_, page / 64)) {
    found = lowest(words) * 64 + lowest(page_words_[lowest(words)]);
  }
  return found == kPages ? kNoLevel : first_of_word(found, lowest(pages_[found]->summary));
}

void Ladder::add_page(LevelKey page) {
  if (spare_.empty()) {
    spare_.push_back(std::make_unique<Page>());
    ++made_pages_;
  }
  pages_[page] = std::move(spare_.back());
  spare_.pop_back();
  page_words_[page / 64] |= std::uint64_t{1} << page % 64;
  page_summary_ |= std::uint64_t{1} << page / 64;
}

void Ladder::drop_page(LevelKey page) {
  spare_.push_back(std::move(pages_[page]));
  page_words_[page / 64] &= ~(std::uint64_t{1} << page % 64);
  if (page_words_[page / 64] == 0) page_summary_ &= ~(std::uint64_t{1} << page / 64);
}

}  // namespace faultline
