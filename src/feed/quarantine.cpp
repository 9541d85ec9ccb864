#include "feed/quarantine.hpp"

#include "text/csv.hpp"

namespace faultline {

Outcome<void> Quarantine::add(const Diagnostic& place, std::string_view row) {
  if (!writer_) {
    if (auto made = make_folders(folder_); !made) return made.error();
    Outcome<FileWriter> writer = FileWriter::create(path());
    if (!writer) return writer.error();
    writer_ = std::make_unique<FileWriter>(std::move(writer).value());
    if (auto done = writer_->write("file,line,field,reason,row\n"); !done) return done;
  }
  ++count_;
  return writer_->write(csv_field(place.file) + "," + std::to_string(place.line) + "," +
                        csv_field(place.field) + "," + std::string(name_of(place.code)) + "," +
                        csv_field(row) + "\n");
}

}  // namespace faultline
