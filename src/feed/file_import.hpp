#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feed/convert.hpp"
#include "feed/importer.hpp"
#include "feed/quarantine.hpp"
#include "feed/table_reader.hpp"

namespace faultline {

// One file of one table on its way into the store. Internal to feed.

struct FileTask {
  std::size_t table = 0;  // of the descriptor
  std::string path;
  std::string name;        // as reports and the manifest have it
  bool has_rival = false;  // another table may put rows of this file into the same kind
};

// Where the rows of one instrument and emit go.
struct Sink {
  RowConverter converter;
  ColumnBatch batch;
  std::unique_ptr<SegmentWriter> writer;
  std::string key;              // "venue:symbol kind"
  bool is_last_of_kind = true;  // of the emits of one kind
  std::uint64_t taken = 0;
  std::uint64_t quarantined = 0;
  std::map<std::string, std::uint64_t> warnings{};
  std::uint64_t gaps = 0;  // not among the warnings, which the manifest keeps: it lists the gaps
  bool is_in_order = true;
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t last_id = 0;
};

// The rows of one instrument. Those of an earlier import are read and judged, but not stored again.
struct InstrumentRows {
  bool is_known = false;
  std::vector<Sink> sinks;
};

// One file of one table.
class FileImport {
 public:
  // Without a store nothing is stored, only judged. Requires: all outlive this.
  FileImport(const Dataset& dataset, const FileTask& task, Store* store,
             const ImportOptions& options);

  // Whether the store has all of this file already, as far as can be told without reading its rows.
  // Comes before run().
  Outcome<bool> is_done();

  Outcome<void> run(const ProgressFn& progress);

  const FileReport& report() const { return report_; }

 private:
  std::string quarantine_name() const;
  Outcome<bool> is_known(const InstrumentId& id) const;
  Outcome<void> take_block(const TableReader& reader, const CsvBlock& block);
  Outcome<void> take_unreadable(const std::vector<UnreadableLine>& lines);
  Outcome<void> filter_rows(const CsvBlock& block);
  Outcome<void> leave_out_others(const CsvBlock& block);
  Outcome<void> check_own_rows() const;
  Outcome<void> group_by_symbol(const CsvBlock& block);
  Outcome<InstrumentId> symbol_of(const CsvBlock& block, std::uint32_t row);
  Outcome<InstrumentRows*> rows_of(const InstrumentId& id, std::uint64_t line);
  Outcome<void> open_sinks(const InstrumentSpec& spec, InstrumentRows& rows);
  Outcome<void> convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                        std::vector<Sink>& sinks);
  Outcome<void> quarantine_rows(const CsvBlock& block, const std::vector<RejectedRow>& rejected,
                                const EmitSpec& emit);
  Outcome<void> quarantine_row(const CsvBlock& block, std::uint32_t row, Diagnostic problem);
  Outcome<void> put_aside(const Diagnostic& problem, std::string_view row);
  std::string shown_name(const std::string& part) const;
  Outcome<void> take_row_counts(const CsvBlock& block);
  Outcome<void> judge(bool is_end) const;
  void watch_order(Sink& sink);
  void watch_times(Sink& sink) const;
  Outcome<void> finish_sink(const InstrumentId& id, Sink& sink, std::uint64_t bytes,
                            const ProgressFn& progress);
  std::uint64_t gaps_of(const InstrumentId& id, const Sink& sink) const;
  Outcome<void> finish(const ProgressFn& progress);
  std::string text_of(const CsvBlock& block, std::uint32_t row, std::size_t field) const;
  Outcome<std::size_t> header_index(const std::string& column) const;

  const Dataset& dataset_;
  const TableSpec& table_;
  Store* store_;
  const ImportOptions& options_;
  const FileTask& task_;
  std::string sha256_;
  Quarantine quarantine_;
  FileReport report_;
  std::uint64_t own_rows_ = 0;  // whose symbol column names the table's instrument
  std::string other_symbol_;    // the first that does not
  std::string part_;            // of the block: an entry of the archive
  std::vector<std::string> header_;
  std::map<InstrumentId, InstrumentRows> instruments_;
  std::vector<std::uint32_t> rows_;   // of the block that passed the filters
  std::vector<std::uint8_t> is_bad_;  // by row of the block: quarantined
};

}  // namespace faultline
