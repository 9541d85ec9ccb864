#include "store/table_file.hpp"

#include "store/database.hpp"
#include "store/files.hpp"

namespace faultline {

Outcome<void> write_parquet_file(const std::string& path, std::span<const std::string> names,
                                 const std::vector<Column>& columns) {
  FAULTLINE_CHECK(names.size() == columns.size() && !columns.empty());
  const Outcome<std::shared_ptr<Database>> database = Database::open({});
  if (!database) return database.error();
  const Outcome<std::unique_ptr<Connection>> connection = (*database)->connect();
  if (!connection) return connection.error();
  std::string definition;
  std::string selection;
  for (const std::string& name : names) {
    definition += sql_name(name) + " BIGINT, ";
    selection += (selection.empty() ? "" : ", ") + sql_name(name);
  }
  const std::string sequence = sql_name("row_sequence");
  if (auto done = (*connection)->run("CREATE TABLE export (" + definition + sequence + " BIGINT)");
      !done)
    return done;
  {
    const Outcome<std::unique_ptr<RowAppender>> appender =
        (*connection)->appender("export", columns.size() + 1);
    if (!appender) return appender.error();
    if (auto done = (*appender)->append(columns, 0); !done) return done;
    if (auto done = (*appender)->flush(); !done) return done;
  }
  const std::string partial = path + std::string(kPartialSuffix);
  const std::string copy = "COPY (SELECT " + selection + " FROM export ORDER BY " + sequence +
                           ") TO " + sql_text(partial) + " (FORMAT parquet, COMPRESSION zstd)";
  if (auto done = (*connection)->run(copy); !done) return done;
  return publish_partial_file(path);
}

}  // namespace faultline
