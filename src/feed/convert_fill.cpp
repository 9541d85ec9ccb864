#include <algorithm>

#include "feed/convert.hpp"
#include "text/digits.hpp"

// Filling one column of the converter's batch: the plain texts of a whole block at a time, the
// others cell by cell.

namespace faultline {
namespace {

constexpr std::size_t kMillisDigits = 13;
constexpr std::int64_t kMillisLeast = 100'000'000'000;  // smaller numbers may be seconds
constexpr std::int64_t kNanosPerMilli = 1'000'000;

}  // namespace

// Marks rows with too few or too many fields. Usually there are none, and the rows lie one behind
// the other: then a column is read where it stands.
void RowConverter::check_field_counts(const CsvBlock& block, std::span<const std::uint32_t> rows) {
  are_rows_even_ = false;
  if (rows.empty()) return;
  const std::uint32_t first = rows.front();
  const auto field_count = static_cast<std::uint32_t>(field_count_);
  std::uint32_t differing = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    differing |= rows[i] ^ (first + static_cast<std::uint32_t>(i));
  if (differing == 0) {
    const std::uint32_t* row_first = block.row_first.data() + first;
    for (std::size_t i = 0; i < rows.size(); ++i)
      differing |= (row_first[i + 1] - row_first[i]) ^ field_count;
  }
  are_rows_even_ = differing == 0;
  for (std::size_t i = 0; i < rows.size() && !are_rows_even_; ++i) {
    const std::size_t fields = block.field_count(rows[i]);
    if (fields != field_count_)
      fail(i, 0, fields < field_count_ ? Errc::kMissingField : Errc::kTooManyFields);
  }
}

// The field of the rows; where they do not lie one behind the other, of copies of its positions.
FieldRun RowConverter::run_of(const CsvBlock& block, std::span<const std::uint32_t> rows,
                              std::size_t field) {
  if (are_rows_even_) return block.run_of(rows.front(), rows.size(), field);
  field_begins_.resize(rows.size());
  field_ends_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t row = rows[i];
    const bool is_good = state_[i] == kGood;
    const std::size_t at = is_good ? block.row_first[row] + field : 0;
    // An empty text is never plain, and the row is skipped where it is looked at again.
    field_ends_[i] = is_good ? block.ends[at] : 0;
    field_begins_[i] = !is_good ? 0 : field == 0 ? block.row_begin[row] : block.ends[at - 1] + 1;
  }
  return FieldRun{.text = block.text.data(),
                  .begins = field_begins_.data(),
                  .ends = field_ends_.data(),
                  .count = rows.size()};
}

void RowConverter::fill_column(const CsvBlock& block, std::span<const std::uint32_t> rows,
                               std::size_t column) {
  ColumnPlan& plan = plans_[column];
  Column& out = batch_.columns[column];
  const std::size_t count = rows.size();
  out.present.clear();
  if (plan.source == nullptr) {
    out.values.assign(count, 0);
    if (plan.is_nullable) out.present.assign(count, 0);
    return;
  }
  if (plan.is_constant) {
    out.values.assign(count, plan.constant);
    return;
  }
  out.values.resize(count);
  const bool is_plain = !block.has_quotes && absent_words_.empty();
  if (!is_plain) {
    for (std::size_t i = 0; i < count; ++i) {
      if (state_[i] == kGood) fill_cell(block, rows[i], i, column);
    }
  } else if (const std::optional<DigitForm> form = digit_form(plan)) {
    fill_digits(block, rows, column, *form);
  } else {
    left_.clear();
    read_words(run_of(block, rows, plan.field), plan.short_words, out.values, left_);
    for (const std::uint32_t i : left_) {
      if (state_[i] == kGood) fill_cell(block, rows[i], i, column);
    }
  }
}

// The tight loop of the importer. What does not fit goes through fill_cell.
void RowConverter::fill_digits(const CsvBlock& block, std::span<const std::uint32_t> rows,
                               std::size_t column, const DigitForm& form) {
  std::vector<std::int64_t>& values = batch_.columns[column].values;
  const FieldRun run = run_of(block, rows, plans_[column].field);
  left_.clear();
  read_digits(run, form, values, left_);
  for (const std::uint32_t i : left_) {
    if (state_[i] != kGood) continue;
    const char* begin = run.begin_of(i);
    const char* end = run.end_of(i);
    const bool is_size_good = form.size == 0 || static_cast<std::size_t>(end - begin) == form.size;
    std::int64_t value = 0;
    if (is_size_good && parse_digits(begin, end, form.places, value) && value >= form.least &&
        !__builtin_mul_overflow(value, form.scale, &value)) {
      values[i] = value + form.shift;
    } else {
      fill_cell(block, rows[i], i, column);
    }
  }
}

// The column's texts as plain digits, where nothing about them needs a second look.
std::optional<DigitForm> RowConverter::digit_form(const ColumnPlan& plan) const {
  if (plan.meaning == Meaning::kTime) {
    const TimeUnit unit = plan.source->time_unit;
    if (unit != TimeUnit::kMillis && unit != TimeUnit::kAuto) return std::nullopt;
    // Thirteen digits are milliseconds: nearly every file. Not so when they begin with zeros.
    return DigitForm{.places = 0,
                     .size = kMillisDigits,
                     .least = unit == TimeUnit::kAuto ? kMillisLeast : 0,
                     .scale = kNanosPerMilli,
                     .shift = plan.source->shift.value - plan.source->utc_offset.value};
  }
  if (plan.meaning == Meaning::kId) return DigitForm{};
  const bool is_number = plan.meaning == Meaning::kPriceTicks ||
                         plan.meaning == Meaning::kPriceE9 || plan.meaning == Meaning::kQty ||
                         plan.meaning == Meaning::kMoneyE6;
  if (!is_number || plan.places < 0 || plan.source->is_negated) return std::nullopt;
  return DigitForm{.places = plan.places};
}

void RowConverter::fill_cell(const CsvBlock& block, std::uint32_t row, std::size_t i,
                             std::size_t column) {
  ColumnPlan& plan = plans_[column];
  Errc broken = Errc::kEmpty;
  const std::string_view text = field_text(block, row, plan.field, broken);
  if (broken != Errc::kEmpty) {
    fail(i, column, broken);
  } else if (is_absent(text)) {
    if (!fill_absent(i, column)) fail(i, column, Errc::kEmpty);
  } else {
    Errc code = Errc::kNotANumber;
    if (!read_value(plan, text, batch_.columns[column].values[i], code)) fail(i, column, code);
  }
}

// False when the column must have a value.
bool RowConverter::fill_absent(std::size_t row, std::size_t column) {
  const ColumnPlan& plan = plans_[column];
  Column& out = batch_.columns[column];
  if (plan.source->absent_value) {
    out.values[row] = *plan.source->absent_value;
    return true;
  }
  if (plan.is_nullable) {
    if (out.present.empty()) out.present.assign(out.values.size(), 1);
    out.present[row] = 0;
    out.values[row] = 0;
    return true;
  }
  if (!emit_.skips_absent) return false;
  state_[row] = kLeftOut;
  return true;
}

}  // namespace faultline
