#include <algorithm>
#include <limits>
#include <utility>

#include "store/store_state.hpp"

namespace faultline {
namespace {

constexpr std::size_t kBatchRows = 65'536;

class SegmentedReader final : public ColumnReader {
 public:
  SegmentedReader(std::unique_ptr<Connection> connection, std::string kind_folder, EventKind kind,
                  TimeRange range, std::vector<SegmentInfo> segments)
      : connection_(std::move(connection)),
        kind_folder_(std::move(kind_folder)),
        kind_(kind),
        range_(range),
        segments_(std::move(segments)) {}

  Outcome<bool> next(ColumnBatch& batch) override {
    FAULTLINE_CHECK(batch.kind == kind_);
    batch.clear();
    while (batch.row_count() < kBatchRows) {
      if (rows_ == nullptr) {
        if (segment_ == segments_.size()) break;
        if (const Outcome<void> opened = open_segment(); !opened) return opened.error();
      }
      const Outcome<std::size_t> count = rows_->next_chunk();
      if (!count) return in_segment(count.error());
      if (*count == 0) {
        rows_.reset();
        ++segment_;
        continue;
      }
      for (std::size_t i = 0; i < batch.columns.size(); ++i) rows_->append_to(i, batch.columns[i]);
      if (const Outcome<void> sound = check_tail(batch, *count); !sound) return sound.error();
    }
    return batch.row_count() > 0;
  }

 private:
  std::string path() const { return kind_folder_ + "/" + segments_[segment_].file; }

  Diagnostic corrupt(std::string field, std::string note) const {
    return {
        .code = Errc::kCorrupt, .file = path(), .field = std::move(field), .note = std::move(note)};
  }

  // The manifest vouches for the file, so what the engine cannot read has changed since.
  Diagnostic in_segment(Diagnostic problem) const {
    problem.file = path();
    if (!problem.note.starts_with("Out of Memory")) problem.code = Errc::kCorrupt;
    return problem;
  }

  Outcome<void> open_segment() {
    const SegmentInfo& segment = segments_[segment_];
    if (Outcome<void> sound = check_segment(path(), segment); !sound) return sound;
    std::string sql = "SELECT ";
    for (const ColumnSpec& column : columns_of(kind_)) {
      if (column.name != "time") sql += ", ";
      sql += "CAST(" + sql_name(column.name) + " AS BIGINT)";
    }
    sql += " FROM read_parquet(" + sql_path(path()) + ")";
    if (segment.time_first < range_.from || segment.time_last >= range_.to) {
      sql += " WHERE \"time\" >= " + std::to_string(range_.from.value) + " AND \"time\" < " +
             std::to_string(range_.to.value);
    }
    Outcome<std::unique_ptr<QueryRows>> rows = connection_->stream(sql);
    if (!rows) return in_segment(rows.error());
    rows_ = std::move(rows).value();
    return {};
  }

  // The last `count` rows: times ascend, only nullable columns lack values, and every value is one
  // that its column can have. Why, after the checksum: another program may have written both.
  Outcome<void> check_tail(const ColumnBatch& batch, std::size_t count) {
    const auto specs = columns_of(kind_);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto& present = batch.columns[i].present;
      if (specs[i].is_nullable || present.empty()) continue;
      return corrupt(std::string(specs[i].name), "has absent values");
    }
    const auto& times = batch.columns.front().values;
    const auto tail = times.end() - static_cast<std::ptrdiff_t>(count);
    if (*tail < time_last_ || !std::is_sorted(tail, times.end()))
      return corrupt("time", "does not ascend");
    time_last_ = times.back();
    const auto bad = find_impossible(batch, times.size() - count);
    if (!bad) return {};
    Diagnostic problem = corrupt(std::string(specs[bad->column].name), "no market can have that");
    problem.value = std::to_string(batch.columns[bad->column].values[bad->row]);
    return problem;
  }

  std::unique_ptr<Connection> connection_;
  std::string kind_folder_;
  EventKind kind_;
  TimeRange range_;
  std::vector<SegmentInfo> segments_;
  std::size_t segment_ = 0;
  std::unique_ptr<QueryRows> rows_;
  std::int64_t time_last_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

std::unique_ptr<ColumnReader> make_column_reader(std::unique_ptr<Connection> connection,
                                                 std::string kind_folder, EventKind kind,
                                                 TimeRange range,
                                                 std::vector<SegmentInfo> segments) {
  return std::make_unique<SegmentedReader>(std::move(connection), std::move(kind_folder), kind,
                                           range, std::move(segments));
}

}  // namespace faultline
