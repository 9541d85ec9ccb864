#include "feed/json_lines.hpp"

#include <cstring>
#include <map>
#include <utility>

#include "feed/text_block.hpp"
#include "store/archive.hpp"
#include "text/json_members.hpp"

namespace faultline {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 17;
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;
constexpr std::size_t kUnreadableBytesMax = std::size_t{16} << 20;  // one line may go beyond it
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// Cuts bytes into lines; the end of an entry of an archive ends a line too.
class LineReader {
 public:
  explicit LineReader(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), chunk_(kChunkBytes) {}

  // The line holds until the next call. False at the end. Errors: the source's, kLineTooLong.
  Result<bool> next(std::string_view& line) {
    while (true) {
      const std::size_t end = buffer_.find('\n', scanned_);
      if (end != std::string::npos) {
        line = take(end, end + 1);
        return true;
      }
      scanned_ = buffer_.size();
      if (is_part_over_) {
        if (begin_ < buffer_.size()) {
          line = take(buffer_.size(), buffer_.size());
          return true;
        }
        if (is_at_end_) return false;
        start_part();
        continue;
      }
      if (buffer_.size() - begin_ > kLineBytesMax) return Error{Errc::kLineTooLong};
      if (const Result<bool> filled = fill(); !filled) return filled;
    }
  }

  // Of the last line; lines count from 1 in every entry.
  std::uint64_t line_number() const { return line_; }
  const std::string& part() const { return part_; }

  const ByteSource& source() const { return *source_; }

 private:
  std::string_view take(std::size_t end, std::size_t next) {
    std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
    begin_ = next;
    scanned_ = next;
    if (++line_ == 1 && line.starts_with(kUtf8Mark)) line.remove_prefix(kUtf8Mark.size());
    return line;
  }

  Result<bool> fill() {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    const Result<std::size_t> got = source_->read(chunk_);
    if (!got) return got.error();
    waiting_ = *got;
    is_at_end_ = *got == 0;
    const bool is_new = !is_at_end_ && source_->entry_index() != entry_;
    is_part_over_ = is_at_end_ || is_new;
    if (!is_part_over_) append_waiting();
    return true;
  }

  void append_waiting() {
    if (part_.empty()) part_ = source_->entry_name();
    buffer_.append(chunk_.data(), waiting_);
    waiting_ = 0;
  }

  void start_part() {
    is_part_over_ = false;
    entry_ = source_->entry_index();
    part_ = source_->entry_name();
    line_ = 0;
    append_waiting();
  }

  std::unique_ptr<ByteSource> source_;
  std::vector<char> chunk_;
  std::size_t waiting_ = 0;  // bytes of the chunk that belong to the next entry
  std::string buffer_;
  std::size_t begin_ = 0;    // of the line that comes next
  std::size_t scanned_ = 0;  // no line ends before
  std::uint64_t line_ = 0;
  std::size_t entry_ = 0;
  std::string part_;
  bool is_part_over_ = false;
  bool is_at_end_ = false;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string note_of(const Error& error) {
  return "at byte " + std::to_string(error.offset + 1) + " of the line";
}

class JsonLines final : public TableReader {
 public:
  explicit JsonLines(std::string path) : path_(std::move(path)) {}

  Outcome<void> start() {
    if (Outcome<void> found = find_names(); !found) return found;
    return open();
  }

  const std::vector<std::string>& header() const override { return names_; }

  Outcome<bool> next(CsvBlock& block) override {
    unreadable_.clear();
    unreadable_bytes_ = 0;
    text_block_.start(block);
    while (!text_block_.is_full() && unreadable_bytes_ < kUnreadableBytesMax) {
      const Outcome<bool> more = next_line();
      if (!more) return more.error();
      if (!*more) break;
      const bool is_empty = text_block_.row_count() + unreadable_.size() == 0;
      if (is_empty) part_ = lines_->part();
      if (part_ != lines_->part()) break;  // for the next block, with that name
      is_line_taken_ = true;
      take_line();
    }
    text_block_.finish();
    return text_block_.row_count() + unreadable_.size() > 0;
  }

  const std::vector<UnreadableLine>& unreadable() const override { return unreadable_; }
  const std::string& part() const override { return part_; }
  std::uint64_t bytes_done() const override { return lines_->source().bytes_done(); }
  std::uint64_t bytes_total() const override { return lines_->source().bytes_total(); }

 private:
  Outcome<void> open() {
    Outcome<std::unique_ptr<ByteSource>> source = open_bytes(path_);
    if (!source) return source.error();
    lines_ = std::make_unique<LineReader>(std::move(source).value());
    is_line_taken_ = true;
    return {};
  }

  // Moves to the next line that is not blank, unless the last one still waits.
  Outcome<bool> next_line() {
    if (!is_line_taken_) return true;
    do {
      const Result<bool> more = lines_->next(line_);
      if (!more) return failure(more.error());
      if (!*more) return false;
    } while (is_blank(line_));
    is_line_taken_ = false;
    return true;
  }

  std::string shown_name() const {
    return lines_->part().empty() ? path_ : path_ + "/" + lines_->part();
  }

  Diagnostic failure(const Error& error) const {
    if (error.code == Errc::kLineTooLong) {
      return Diagnostic{
          .code = error.code, .file = shown_name(), .line = lines_->line_number() + 1};
    }
    return Diagnostic{.code = error.code,
                      .file = path_,
                      .note = "at unpacked byte " + std::to_string(error.offset)};
  }

  // Reads the whole file once.
  Outcome<void> find_names() {
    if (Outcome<void> opened = open(); !opened) return opened;
    std::optional<Diagnostic> first_bad;
    std::uint64_t lines = 0;
    for (;;) {
      const Outcome<bool> more = next_line();
      if (!more) return more.error();
      if (!*more) break;
      is_line_taken_ = true;
      ++lines;
      const Result<void> read = members_.read(line_);
      if (read) {
        if (Outcome<void> added = add_names(); !added) return added;
      } else if (!first_bad) {
        first_bad = Diagnostic{.code = Errc::kBadFormat,
                               .file = shown_name(),
                               .line = lines_->line_number(),
                               .note = "no line is a JSON object; this one: " +
                                       std::string(meaning_of(read.error().code)) + " " +
                                       note_of(read.error())};
      }
    }
    if (!names_.empty()) return {};
    if (first_bad) return *first_bad;
    return Diagnostic{.code = Errc::kEmpty, .file = path_, .note = "the file holds no rows"};
  }

  Outcome<void> add_names() {
    for (std::size_t i = 0; i < members_.members().size(); ++i) {
      const std::string_view name = members_.members()[i].name;
      if (column_of(name, i)) continue;
      if (names_.size() == kJsonMembersMax) {
        return Diagnostic{.code = Errc::kLimit,
                          .file = shown_name(),
                          .line = lines_->line_number(),
                          .note = "over 10,000 names of members"};
      }
      columns_.emplace(name, names_.size());
      names_.emplace_back(name);
    }
    return {};
  }

  // Lines of one file mostly have the same members in the same order: that place is tried first.
  std::optional<std::size_t> column_of(std::string_view name, std::size_t place) const {
    if (place < names_.size() && names_[place] == name) return place;
    const auto found = columns_.find(name);
    return found == columns_.end() ? std::nullopt : std::optional(found->second);
  }

  void take_line() {
    if (const Result<void> read = members_.read(line_); !read) {
      unreadable_bytes_ += line_.size();
      unreadable_.push_back({.part = lines_->part(),
                             .line = lines_->line_number(),
                             .field = "row",
                             .code = read.error().code,
                             .note = note_of(read.error()),
                             .text = std::string(line_)});
      return;
    }
    values_.assign(names_.size(), std::nullopt);
    for (std::size_t i = 0; i < members_.members().size(); ++i) {
      const JsonMemberText& member = members_.members()[i];
      // The first reading saw every name, unless somebody writes to the file meanwhile.
      if (const auto column = column_of(member.name, i)) values_[*column] = member.value;
    }
    text_block_.add(lines_->line_number(), values_);
  }

  std::string path_;
  std::unique_ptr<LineReader> lines_;
  std::string_view line_;
  bool is_line_taken_ = true;
  std::string part_;  // of the last block
  JsonMembers members_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::optional<std::string_view>> values_;
  TextBlock text_block_;
  std::vector<UnreadableLine> unreadable_;
  std::size_t unreadable_bytes_ = 0;
};

}  // namespace

Outcome<std::unique_ptr<TableReader>> open_json_lines(const std::string& path) {
  auto lines = std::make_unique<JsonLines>(path);
  if (Outcome<void> started = lines->start(); !started) return started.error();
  return std::unique_ptr<TableReader>(std::move(lines));
}

}  // namespace faultline
