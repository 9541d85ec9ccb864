#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/columns.hpp"
#include "store/table_file.hpp"

namespace faultline {

// DuckDB, in memory, with every return code checked. Internal to this layer.
//
// Why wrapped: the C API frees nothing on its own and reports failures in four different ways.
// Nothing is fetched from anywhere: extensions are neither installed nor loaded.
// Errors: kDatabase with the engine's message in the note, everywhere.

struct DatabaseSettings {
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;
  int thread_count = 2;
  std::string temp_folder;  // empty: nothing spills, and what needs more memory fails
};

// Rows of a running query, chunk by chunk, while the query runs. Thread safety: none.
class QueryRows {
 public:
  virtual ~QueryRows() = default;

  virtual const std::vector<std::string>& column_names() const = 0;

  // Fetches the next chunk and returns its rows, at most a few thousand; 0 at the end.
  virtual Outcome<std::size_t> next_chunk() = 0;

  // Appends the chunk's values to `into`. Requires: a BIGINT column (checked).
  virtual void append_to(std::size_t column, Column& into) const = 0;

  // Absent for NULL; holds until the next chunk. Requires: a VARCHAR column (checked).
  virtual std::optional<std::string_view> text(std::size_t column, std::size_t row) const = 0;
  virtual std::optional<std::int64_t> integer(std::size_t column, std::size_t row) const = 0;
};

// Rows into a table of BIGINT columns, by whole columns.
class RowAppender {
 public:
  virtual ~RowAppender() = default;

  // Adds all rows, with `first_sequence`, `first_sequence` + 1, ... as one more column at the end.
  virtual Outcome<void> append(const std::vector<Column>& columns, std::int64_t first_sequence) = 0;
  // Makes the rows visible to queries.
  virtual Outcome<void> flush() = 0;
};

// One conversation with the database. Several may be used from several threads, one from one.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual Outcome<void> run(const std::string& sql) = 0;
  virtual Outcome<std::unique_ptr<QueryRows>> stream(const std::string& sql) = 0;
  virtual Outcome<std::unique_ptr<RowAppender>> appender(const std::string& table,
                                                         std::size_t column_count) = 0;

  // Makes `name()` a table of BIGINT columns for queries. It can be read once: the rows come from
  // `pieces`, one piece after the other, in order. An error of theirs fails the query with its
  // text. Requires: `pieces` gives as many columns as there are names, all of one length (checked).
  virtual Outcome<void> add_table(const std::string& name, std::vector<std::string> columns,
                                  RowPieces pieces) = 0;
};

class Database {
 public:
  static Outcome<std::shared_ptr<Database>> open(const DatabaseSettings& settings);
  virtual ~Database() = default;

  // Keeps the database alive. Thread safety: any thread.
  virtual Outcome<std::unique_ptr<Connection>> connect() = 0;
};

// 'text' as an SQL literal.
std::string sql_text(std::string_view text);
// A path as an SQL literal for a function that would take * ? [ as patterns.
std::string sql_path(std::string_view path);
// "name" as an SQL identifier.
std::string sql_name(std::string_view name);

}  // namespace faultline
