#include "feed/text_block.hpp"

namespace faultline {
namespace {

constexpr std::size_t kRowsMax = 8'192;
constexpr std::size_t kBytesMax = std::size_t{16} << 20;  // one row may go beyond it
constexpr std::size_t kPadding = 64;                      // CsvBlock promises it on both sides

}  // namespace

std::uint32_t TextBlock::size() const {
  return static_cast<std::uint32_t>(arena_.size() - kPadding);
}

void TextBlock::start(CsvBlock& block) {
  block_ = &block;
  block = CsvBlock{};
  block.row_first.push_back(0);
  arena_.assign(kPadding, ' ');
}

void TextBlock::add(std::uint64_t line, std::span<const std::optional<std::string_view>> fields) {
  if (row_count() == 0) block_->first_line = line;
  block_->line_skips.push_back(static_cast<std::uint32_t>(line - block_->first_line - row_count()));
  block_->row_begin.push_back(size());
  for (const auto& field : fields) {
    if (field) arena_.append(*field);
    block_->ends.push_back(size());
    arena_ += ',';
  }
  block_->row_first.push_back(static_cast<std::uint32_t>(block_->ends.size()));
}

bool TextBlock::is_full() const { return row_count() >= kRowsMax || arena_.size() >= kBytesMax; }

void TextBlock::finish() {
  const std::size_t bytes = size();
  arena_.append(kPadding, ' ');
  block_->text = std::string_view(arena_).substr(kPadding, bytes);
}

}  // namespace faultline
