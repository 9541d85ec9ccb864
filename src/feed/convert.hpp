#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/columns.hpp"
#include "feed/dataset.hpp"
#include "feed/fields.hpp"
#include "text/csv.hpp"

namespace faultline {

// Text fields of a block ──> integer columns of one kind and one instrument.
//
// How: column by column over the whole block, each in one loop; rows that fail are marked, and at
// the end the good ones are kept and the others named. The result does not depend on how the file
// was cut into blocks.

// A row that was not taken, and why.
struct RejectedRow {
  std::uint32_t row = 0;     // of the block
  std::uint32_t column = 0;  // of the kind
  Errc code = Errc::kEmpty;
};

struct ConvertCounts {
  std::uint64_t skipped_absent =
      0;  // rows left out because a required value is absent and the emit says so
  std::uint64_t skipped_levels = 0;  // empty levels of a book
};

class RowConverter {
 public:
  // `header` are the file's column names.
  // Errors: kMissingColumn, naming the column and the nearest one that the file has.
  static Outcome<RowConverter> make(const TableSpec& table, const EmitSpec& emit,
                                    const InstrumentSpec& spec, std::span<const std::string> header,
                                    const std::string& file);

  // Appends the good rows to `out` and the others to `rejected`.
  void convert(const CsvBlock& block, std::span<const std::uint32_t> rows, ColumnBatch& out,
               std::vector<RejectedRow>& rejected, ConvertCounts& counts);

  const EmitSpec& emit() const { return emit_; }

 private:
  struct ColumnPlan {
    const FieldSource* source = nullptr;  // null: absent
    Meaning meaning = Meaning::kId;
    std::size_t field = 0;  // of the file's row
    bool is_constant = false;
    bool is_nullable = false;
    Decimal unit{1, 0};  // of the text, for one count
    int places = -1;     // of the fast path; -1: the unit is no power of ten
    // The last words seen and what they mean: there are few, and they repeat.
    std::vector<std::pair<std::string, std::int64_t>> seen_words{};
  };
  struct LevelPlan {
    std::size_t price = 0;
    std::size_t qty = 0;
    bool is_bid = false;
  };

  explicit RowConverter(EmitSpec emit) : emit_(std::move(emit)) {}
  Outcome<void> plan_columns(const TableSpec& table, const InstrumentSpec& spec,
                             std::span<const std::string> header, const std::string& file);
  Outcome<void> plan_levels(std::span<const std::string> header, const std::string& file,
                            std::uint64_t line);

  void fill_column(const CsvBlock& block, std::span<const std::uint32_t> rows, std::size_t column);
  bool read_value(ColumnPlan& plan, std::string_view text, std::int64_t& out, Errc& code);
  bool read_number(const ColumnPlan& plan, std::string_view text, std::int64_t& out,
                   Errc& code) const;
  bool read_word(ColumnPlan& plan, std::string_view text, std::int64_t& out, Errc& code);
  bool is_absent(std::string_view text) const;
  void finish_times();
  void finish_usd_quantities();
  void check_rows();
  void fail(std::size_t row, std::size_t column, Errc code);
  void convert_levels(const CsvBlock& block, std::span<const std::uint32_t> rows, ColumnBatch& out,
                      std::vector<RejectedRow>& rejected, ConvertCounts& counts);
  bool wide_levels(const CsvBlock& block, std::uint32_t row, std::int64_t time, ColumnBatch& out,
                   ConvertCounts& counts, Errc& code);
  bool nested_levels(std::string_view text, bool is_bid, std::int64_t time, ColumnBatch& out,
                     Errc& code);
  std::string_view field_text(const CsvBlock& block, std::uint32_t row, std::size_t field,
                              Errc& code);

  EmitSpec emit_;
  std::vector<std::string> absent_words_;
  std::vector<ColumnPlan> plans_;
  std::vector<LevelPlan> levels_;
  std::size_t bids_field_ = 0;
  std::size_t asks_field_ = 0;
  std::size_t field_count_ = 0;
  InstrumentSpec spec_;
  ColumnBatch batch_{EventKind::kTrade};  // of the block, before good rows are picked
  std::vector<RejectedRow> failures_;     // by row of batch_; code kEmpty and column kNone: good
  std::vector<std::uint8_t> state_;       // by row: good, failed or left out
  std::string scratch_;
};

}  // namespace faultline
