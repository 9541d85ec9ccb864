#include "study/lab_store.hpp"

#include <array>
#include <memory>

#include "store/files.hpp"
#include "store/store.hpp"

namespace faultline {
namespace {

constexpr Nanos kOpenInterestInterval{10 * kSecond.value};

struct Table {
  const ColumnBatch* rows;
  std::optional<Nanos> interval{};
  std::optional<TimeRange> watched{};
};

// The recorded part: from the first mark to a second after the last.
TimeRange recorded_of(const VenueTape& tape) {
  const auto times = tape.marks.column("time");
  return {UnixNanos(times.front()), UnixNanos(times.back()) + kSecond};
}

Outcome<std::uint64_t> write_tape(Store& store, const VenueTape& tape, const std::string& source,
                                  const ProgressFn& report) {
  if (auto put = store.put_spec(tape.instrument); !put) return put.error();
  // A feed that was quiet is not one that was down.
  const std::array tables{Table{&tape.trades},
                          Table{&tape.marks, kSecond},
                          Table{&tape.open_interest, kOpenInterestInterval},
                          Table{&tape.funding},
                          Table{&tape.liquidations, {}, recorded_of(tape)},
                          Table{&tape.depth, kMinute},
                          Table{&tape.positions}};
  std::uint64_t stored = 0;
  for (const Table& table : tables) {
    auto writer = store.writer(tape.instrument.id, table.rows->kind,
                               {.expected_interval = table.interval, .watched = table.watched});
    if (!writer) return writer.error();
    if (auto done = (*writer)->append(*table.rows); !done) return done.error();
    const SourceRecord record{.name = source,
                              .sha256 = {},
                              .imported_with = "lab",
                              .rows_taken = table.rows->row_count()};
    if (auto done = (*writer)->finish(std::span(&record, 1), report); !done) return done.error();
    stored += table.rows->row_count();
  }
  return stored;
}

}  // namespace

// Only what an earlier run has written: the folder may hold somebody's recorded data by mistake.
Outcome<void> check_lab_store(const std::string& folder) {
  if (!file_exists(folder)) return {};
  const Outcome<std::vector<FolderEntry>> entries = list_folder(folder);
  if (!entries) return entries.error();
  if (entries->empty() || file_exists(folder + "/" + std::string(kLabStoreMark))) return {};
  return Diagnostic{.code = Errc::kBadRequest,
                    .file = folder,
                    .note = "it was not written by a simulation (there is no " +
                            std::string(kLabStoreMark) +
                            "), so it is not replaced; remove it or choose another folder"};
}

Outcome<LabRows> write_lab_store(const std::string& folder, std::span<const VenueTape> tapes,
                                 const std::string& source, const ProgressFn& report) {
  if (Outcome<void> fine = check_lab_store(folder); !fine) return fine.error();
  if (file_exists(folder)) {
    if (Outcome<void> removed = remove_folder(folder); !removed) return removed.error();
  }
  const Outcome<std::unique_ptr<Store>> store = Store::open(folder, StoreMode::kWrite);
  if (!store) return store.error();
  const std::string mark = folder + "/" + std::string(kLabStoreMark);
  if (Outcome<void> marked = write_file_atomically(mark, ""); !marked) return marked.error();
  LabRows rows;
  for (const VenueTape& tape : tapes) {
    const auto stored = write_tape(**store, tape, source, report);
    if (!stored) return stored.error();
    rows.stored += *stored;
  }
  return rows;
}

}  // namespace faultline
