#pragma once

#include <optional>
#include <string>

#include "base/diagnostic.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"
#include "engine/map_builder.hpp"
#include "feed/importer.hpp"

namespace faultline {

// Texts of the command line as what they mean. Errors name the option and show what is expected.

Diagnostic bad_argument(Errc code, const char* option, const std::string& value, const char* note);

// Absent where the text is empty.
Outcome<std::optional<UnixNanos>> time_argument(const char* option, const std::string& text);
Outcome<std::optional<Nanos>> duration_argument(const char* option, const std::string& text);

Outcome<InstrumentId> instrument_argument(const char* option, const std::string& text);

// The request for the map that was selected; what else a command asks for is its own business.
// Errors: kMissingField (no instrument), and those above.
struct MapSelection;
Outcome<MapRequest> map_request(const MapSelection& selection);

// The folder that a file stands in.
std::string folder_of(const std::string& path);

// The descriptor in a file. Errors: those of reading and of parse_dataset().
Outcome<Dataset> read_dataset(const std::string& path);

// Where the descriptor's files are (`root`, or its own folder without one; the current folder
// without a descriptor), where bad rows of an import into `store` go, and the time of the clock.
ImportOptions import_options(const std::string& root, const std::string& dataset,
                             const std::string& store);

}  // namespace faultline
