#include "book/ladder.hpp"

namespace faultline {

LevelKey Ladder::next_page_after(LevelKey page) const {
  LevelKey found = kPages;
  if (const std::uint64_t bits = behind(directory_->words[page / 64], page % 64)) {
    found = page - page % 64 + lowest(bits);
  } else if (const std::uint64_t words = behind(directory_->summary, page / 64)) {
    found = lowest(words) * 64 + lowest(directory_->words[lowest(words)]);
  }
  return found == kPages ? kNoLevel
                         : first_of_word(found, lowest(directory_->pages[found]->summary));
}

void Ladder::mark_empty(LevelKey key) {
  Page& page = *page_of(key);
  FAULTLINE_CHECK(page.levels[key % kPageLevels].lots == 0);
  std::uint64_t& word = page.words[key / 64 % 64];
  word &= ~(std::uint64_t{1} << key % 64);
  if (word == 0) page.summary &= ~(std::uint64_t{1} << key / 64 % 64);
  if (key == first_) first_ = next_after(key);
  if (page.summary == 0) drop_page(key / kPageLevels);
}

void Ladder::add_page(LevelKey page) {
  Directory& directory = *directory_;
  if (directory.spare.empty()) {
    directory.made.push_back(std::make_unique<Page>());
    directory.spare.push_back(directory.made.back().get());
  }
  directory.pages[page] = directory.spare.back();
  directory.spare.pop_back();
  directory.words[page / 64] |= std::uint64_t{1} << page % 64;
  directory.summary |= std::uint64_t{1} << page / 64;
}

void Ladder::drop_page(LevelKey page) {
  Directory& directory = *directory_;
  directory.spare.push_back(directory.pages[page]);
  directory.pages[page] = nullptr;
  directory.words[page / 64] &= ~(std::uint64_t{1} << page % 64);
  if (directory.words[page / 64] == 0) directory.summary &= ~(std::uint64_t{1} << page / 64);
}

}  // namespace faultline
