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
  std::optional<std::uint32_t> field{};  // of the file's row, where it is not the column's own
};

struct ConvertCounts {
  std::uint64_t skipped_absent = 0;    // a required value is absent and the emit allows it
  std::uint64_t without_values = 0;    // rows of which nothing but the time is known
  std::uint64_t outside_period = 0;    // before `from` or from `to` on
  std::uint64_t outside_validity = 0;  // of the instrument's specification
  std::uint64_t skipped_levels = 0;    // empty levels of a book
  std::uint64_t empty_books = 0;       // rows without any level
};

class RowConverter {
 public:
  // `header` are the file's column names.
  // Errors: kMissingColumn, naming the column and the nearest one that the file has; kDuplicate
  // (the header has it twice); kOffGrid (a factor or value that does not fit the unit);
  // kMissingField (an amount in USD without a price); kOutOfRange (a factor beyond all digits).
  static Outcome<RowConverter> make(const TableSpec& table, const EmitSpec& emit,
                                    const InstrumentSpec& spec, std::span<const std::string> header,
                                    const std::string& file);

  // Appends the good rows to `out` and the others to `rejected`.
  void convert(const CsvBlock& block, std::span<const std::uint32_t> rows, ColumnBatch& out,
               std::vector<RejectedRow>& rejected, ConvertCounts& counts);

  const EmitSpec& emit() const { return emit_; }

 private:
  enum RowState : std::uint8_t { kGood = 0, kFailed = 1, kLeftOut = 2 };
  struct ColumnPlan {
    const FieldSource* source = nullptr;  // null: absent
    Meaning meaning = Meaning::kId;
    std::size_t field = 0;  // of the file's row
    bool is_constant = false;
    bool is_nullable = false;
    std::optional<std::size_t> price_field{};  // of an amount in USD
    Decimal unit{1, 0};                        // of the text, for one count
    int places = -1;                           // of the fast path; -1: the unit is no power of ten
    std::int64_t constant = 0;
    // The last words seen and what they mean: there are few, and they repeat.
    std::vector<std::pair<std::string, std::int64_t>> seen_words{};
    std::vector<ShortWord> short_words{};  // those of them that fit a register
  };
  struct LevelPlan {
    std::size_t price = 0;
    std::size_t qty = 0;
    bool is_bid = false;
  };
  struct Failure {
    Errc code = Errc::kBadJson;
    std::size_t field = 0;
  };

  explicit RowConverter(EmitSpec emit) : emit_(std::move(emit)) {}
  Outcome<void> plan_columns(const TableSpec& table, std::span<const std::string> header,
                             const std::string& file);
  Outcome<void> plan_source(ColumnPlan& plan, Decimal symbol_factor,
                            std::span<const std::string> header, const std::string& file);
  Outcome<void> plan_constant(ColumnPlan& plan, const std::string& file);
  Outcome<void> plan_levels(std::span<const std::string> header, const std::string& file,
                            std::uint64_t line);

  void check_field_counts(const CsvBlock& block, std::span<const std::uint32_t> rows);
  FieldRun run_of(const CsvBlock& block, std::span<const std::uint32_t> rows, std::size_t field);
  void fill_column(const CsvBlock& block, std::span<const std::uint32_t> rows, std::size_t column);
  bool read_value(ColumnPlan& plan, std::string_view text, std::int64_t& out, Errc& code);
  bool read_number(const ColumnPlan& plan, std::string_view text, std::int64_t& out,
                   Errc& code) const;
  static bool find_seen_word(const ColumnPlan& plan, std::string_view text, std::int64_t& out);
  bool read_word(ColumnPlan& plan, std::string_view text, std::int64_t& out, Errc& code);
  bool is_absent(std::string_view text) const;
  std::optional<DigitForm> digit_form(const ColumnPlan& plan) const;
  void fill_digits(const CsvBlock& block, std::span<const std::uint32_t> rows, std::size_t column,
                   const DigitForm& form);
  void fill_cell(const CsvBlock& block, std::uint32_t row, std::size_t i, std::size_t column);
  bool fill_absent(std::size_t row, std::size_t column);
  void finish_times(ConvertCounts& counts);
  void finish_usd_quantities(const CsvBlock& block, std::span<const std::uint32_t> rows);
  void finish_usd_quantity(const CsvBlock& block, std::uint32_t row, std::size_t i,
                           std::size_t column);
  void check_rows();
  void check_bars(const CsvBlock& block, std::span<const std::uint32_t> rows);
  bool is_of_its_length(const CsvBlock& block, std::uint32_t row, std::size_t i, Errc& code);
  void leave_out_empty(ConvertCounts& counts);
  void take_good_rows(ColumnBatch& out);
  void report_failures(std::span<const std::uint32_t> rows,
                       std::vector<RejectedRow>& rejected) const;
  void fail(std::size_t row, std::size_t column, Errc code,
            std::optional<std::uint32_t> field = {});
  void convert_levels(const CsvBlock& block, std::span<const std::uint32_t> rows, ColumnBatch& out,
                      std::vector<RejectedRow>& rejected, ConvertCounts& counts);
  bool wide_levels(const CsvBlock& block, std::uint32_t row, std::int64_t time, ColumnBatch& out,
                   ConvertCounts& counts, Failure& failure);
  bool nested_levels(const CsvBlock& block, std::uint32_t row, std::int64_t time, ColumnBatch& out,
                     Failure& failure);
  bool append_level(std::string_view price, std::string_view qty, bool is_bid, std::int64_t time,
                    ColumnBatch& out, Errc& code) const;
  std::string_view field_text(const CsvBlock& block, std::uint32_t row, std::size_t field,
                              Errc& code);

  EmitSpec emit_;
  std::vector<std::string> absent_words_;
  std::vector<ColumnPlan> plans_;
  std::vector<LevelPlan> levels_;
  std::size_t last_time_field_ = 0;
  std::size_t bids_field_ = 0;
  std::size_t asks_field_ = 0;
  std::size_t field_count_ = 0;
  InstrumentSpec spec_;
  ColumnBatch batch_{EventKind::kTrade};     // of the block, before good rows are picked
  std::vector<RejectedRow> failures_;        // `row` of batch_
  std::vector<std::uint8_t> state_;          // by row: good, failed or left out
  bool are_rows_even_ = false;               // all of field_count_ fields, one behind the other
  std::vector<std::uint32_t> field_begins_;  // of rows that are not
  std::vector<std::uint32_t> field_ends_;
  std::vector<std::uint32_t> left_;  // rows of the column that the tight loop did not read
  std::string unquoted_;
  std::string scratch_;                 // padded as a block is
  ColumnBatch book_{EventKind::kBook};  // the levels of one row
  int price_places_ = -1;
  int qty_places_ = -1;
};

}  // namespace faultline
