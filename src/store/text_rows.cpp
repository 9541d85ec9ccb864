#include "store/text_rows.hpp"

#include <utility>

#include "store/database.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kMemoryBytesMax = std::uint64_t{1} << 30;

class DatabaseTextRows final : public TextRows {
 public:
  DatabaseTextRows(std::unique_ptr<Connection> connection, std::unique_ptr<QueryRows> rows,
                   std::string path)
      : connection_(std::move(connection)), rows_(std::move(rows)), path_(std::move(path)) {}

  const std::vector<std::string>& column_names() const override { return rows_->column_names(); }
  std::uint64_t row_number() const override { return row_number_; }

  Outcome<bool> next(std::vector<std::optional<std::string_view>>& fields) override {
    fields.clear();
    if (is_done_) return false;
    if (at_ == count_) {
      const Outcome<std::size_t> count = rows_->next_chunk();
      if (!count) {
        is_done_ = true;
        Diagnostic problem = count.error();
        problem.file = path_;
        problem.line = row_number_ + 1;
        return problem;
      }
      at_ = 0;
      count_ = *count;
      if (count_ == 0) {
        is_done_ = true;
        return false;
      }
    }
    for (std::size_t i = 0; i < column_names().size(); ++i) fields.push_back(rows_->text(i, at_));
    ++at_;
    ++row_number_;
    return true;
  }

 private:
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<QueryRows> rows_;
  std::string path_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  std::uint64_t row_number_ = 0;
  bool is_done_ = false;
};

struct ColumnType {
  std::string name;
  std::string type;
};

Diagnostic not_such_a_file(Diagnostic problem, const std::string& path) {
  problem.code = Errc::kBadFormat;
  problem.file = path;
  return problem;
}

Outcome<std::vector<ColumnType>> describe_columns(Connection& connection,
                                                  const std::string& table) {
  Outcome<std::unique_ptr<QueryRows>> rows = connection.stream(
      "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + table + ")");
  if (!rows) return rows.error();
  std::vector<ColumnType> columns;
  while (true) {
    const Outcome<std::size_t> count = (*rows)->next_chunk();
    if (!count) return count.error();
    if (*count == 0) return columns;
    for (std::size_t row = 0; row < *count; ++row) {
      columns.push_back({std::string((*rows)->text(0, row).value_or("")),
                         std::string((*rows)->text(1, row).value_or(""))});
    }
  }
}

bool is_nested(std::string_view type) {
  return type.ends_with(']') || type.starts_with("STRUCT(") || type.starts_with("MAP(") ||
         type.starts_with("UNION(");
}

// Tables and columns of a Parquet file as text.
Outcome<std::string> parquet_query(Connection& connection, const std::string& path) {
  const std::string table = "read_parquet(" + sql_path(path) + ")";
  const Outcome<std::vector<ColumnType>> columns = describe_columns(connection, table);
  if (!columns) return not_such_a_file(columns.error(), path);
  std::string sql = "SELECT ";
  for (const ColumnType& column : *columns) {
    if (&column != &columns->front()) sql += ", ";
    const std::string name = sql_name(column.name);
    sql.append("CAST(").append(is_nested(column.type) ? "to_json(" : "(").append(name);
    sql.append(") AS VARCHAR) AS ").append(name);
  }
  return sql + " FROM " + table;
}

}  // namespace

Outcome<std::unique_ptr<TextRows>> open_text_rows(const std::string& path) {
  // The engine would report a missing file as a pattern that matches nothing.
  if (const Outcome<FileReader> reader = FileReader::open(path); !reader) return reader.error();
  Outcome<std::shared_ptr<Database>> database =
      Database::open({.memory_bytes_max = kMemoryBytesMax, .thread_count = 2, .temp_folder = ""});
  if (!database) return database.error();
  Outcome<std::unique_ptr<Connection>> connection = (*database)->connect();
  if (!connection) return connection.error();
  const Outcome<std::string> sql = parquet_query(**connection, path);
  if (!sql) return sql.error();
  if (Outcome<void> set = (*connection)->run("SET TimeZone = 'UTC'"); !set) return set.error();
  Outcome<std::unique_ptr<QueryRows>> rows = (*connection)->stream(*sql);
  if (!rows) return not_such_a_file(rows.error(), path);
  return std::unique_ptr<TextRows>(std::make_unique<DatabaseTextRows>(
      std::move(connection).value(), std::move(rows).value(), path));
}

}  // namespace faultline
