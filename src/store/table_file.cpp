#include "store/table_file.hpp"

#include <algorithm>
#include <optional>

#include "store/database.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::size_t kPieceRows = 65'536;

Outcome<void> copy_rows(const std::string& partial, std::span<const std::string> names,
                        const RowPieces& pieces) {
  const Outcome<std::shared_ptr<Database>> database = Database::open({});
  if (!database) return database.error();
  const Outcome<std::unique_ptr<Connection>> connection = (*database)->connect();
  if (!connection) return connection.error();
  // The engine gives the text of an error back, but not where it was.
  std::optional<Diagnostic> problem;
  const auto watched = [&](std::vector<Column>& columns) {
    Outcome<bool> more = pieces(columns);
    if (!more) problem = more.error();
    return more;
  };
  const std::vector<std::string> columns(names.begin(), names.end());
  if (auto done = (*connection)->add_table("exported", columns, watched); !done) return done;
  Outcome<void> copied = (*connection)
                             ->run("COPY (SELECT * FROM exported()) TO " + sql_text(partial) +
                                   " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, "
                                   "USE_TMP_FILE false)");
  if (problem) return *problem;
  if (copied) return copied;
  Diagnostic failed = copied.error();
  failed.file = partial.substr(0, partial.size() - kPartialSuffix.size());
  if (failed.note.starts_with("IO Error")) failed.code = Errc::kCannotWrite;
  return failed;
}

}  // namespace

Outcome<void> write_parquet_file(const std::string& path, std::span<const std::string> names,
                                 const RowPieces& pieces) {
  const std::string partial = path + std::string(kPartialSuffix);
  Outcome<void> done = copy_rows(partial, names, pieces);
  if (done) done = publish_partial_file(path);
  // The first error is the one to tell.
  if (!done) static_cast<void>(remove_file(partial).has_value());
  return done;
}

Outcome<void> write_parquet_file(const std::string& path, std::span<const std::string> names,
                                 const std::vector<Column>& columns) {
  FAULTLINE_CHECK(names.size() == columns.size() && !columns.empty());
  std::size_t row = 0;
  return write_parquet_file(path, names, [&](std::vector<Column>& piece) -> Outcome<bool> {
    const std::size_t end = std::min(row + kPieceRows, columns.front().values.size());
    piece.assign(columns.size(), Column{});
    const auto part = [&](const auto& from) {
      const auto at = from.begin();
      return std::decay_t<decltype(from)>(at + static_cast<std::ptrdiff_t>(row),
                                          at + static_cast<std::ptrdiff_t>(end));
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
      piece[i].values = part(columns[i].values);
      if (!columns[i].present.empty()) piece[i].present = part(columns[i].present);
    }
    const bool is_more = row < end;
    row = end;
    return is_more;
  });
}

}  // namespace faultline
