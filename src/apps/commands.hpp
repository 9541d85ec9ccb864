#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/study_store.hpp"
#include "apps/terminal.hpp"

namespace faultline {

// One struct of arguments a subcommand, filled by the command line; absent texts are empty.

struct ImportArguments {
  std::string dataset;
  std::string store;
  std::string root;
  std::string format;  // a preset instead of a descriptor
  std::string instrument;
  std::string length;
  std::string own_symbol;
  std::vector<std::string> files;
  std::string tick_size;
  std::string lot_size;
  std::string contract;  // linear, inverse
  std::string multiplier;
  bool is_dry_run = false;
};

struct InfoArguments {
  std::string store;
  bool is_verified = false;
};

inline constexpr const char* kVersion = "0.1.0";

// Members of the ensemble where nobody says otherwise (docs/performance.md).
inline constexpr std::size_t kMembersDefault = 64;

// Which map of what a store holds.
struct MapSelection {
  std::vector<std::string> instruments;  // several: venues of one coin, summed
  std::string liquidations;
  std::string from;
  std::string to;
  std::string columns;
  std::size_t members = kMembersDefault;
};

struct MapArguments : MapSelection {
  std::string store;
  std::string at;
  std::string step;
  std::string price;
  double assumed_open_interest = 0.0;
  std::uint64_t seed = 1;
  std::size_t threads = 2;
  std::vector<std::string> out;
  int width_px = 1600;
  int height_px = 1000;
  bool is_light = false;
};

struct ServeArguments : MapSelection {
  bool is_demo = false;
  std::string replay;  // a store, at a pace
  std::string store;   // a store, at once
  double speed = 60.0;
  std::uint64_t seed = 10;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8420;
  std::string keys;   // a file of API keys
  std::string state;  // a file that the next start goes on from
  std::vector<std::string> origins;
  bool has_access_log = false;
  std::uint32_t rate = 200;  // requests a second of one client; 0: any number
};

struct NewKeyArguments {
  std::string name;
  std::vector<std::string> scopes;
  std::string expires;
};

struct DemoArguments {
  std::string out = "out";
  std::uint64_t seed = 10;
  std::size_t members = kMembersDefault;
};

struct LabRunArguments {
  std::string scenario;  // a TOML file
  std::string out;
  std::string seed;   // empty: the scenario's
  std::string shown;  // empty: the last day
  std::size_t members = kMembersDefault;
};

struct MapSkillArguments {
  StudyStoreArguments data;
  std::string instrument;
  std::string liquidations;
  std::string primary_from;
  std::string primary_to;
  std::string out;
  std::string figures;
  std::int64_t burn_in_days = 42;
  std::uint64_t seed = 7;
  std::size_t bootstrap = 2000;
};

// Of the studies of location and of true positions.
struct PlaceStudyArguments {
  StudyStoreArguments data;
  std::string instrument;
  std::vector<std::string> others;  // instruments of prints, or of positions
  std::string interval;
  double assumed_open_interest = 0.0;
  std::size_t members = 64;
  std::uint64_t seed = 7;
  std::size_t replicas = 2000;
  std::string out;
  std::string figures;
};

struct RecoveryArguments {
  std::vector<std::string> scenarios;  // TOML files
  std::string out;
  std::size_t replicas = 8;
  std::int64_t burn_in_days = 7;
  std::int64_t days = 1;
  std::size_t members = kMembersDefault;
  std::uint64_t seed = 1;
  std::size_t bootstrap = 2000;
  std::size_t threads = 2;
};

struct ClaimsArguments {
  std::string out;
  std::size_t replicas = 16;
  std::uint64_t seed = 1;
  std::vector<std::size_t> only;  // empty: all
  std::size_t threads = 2;
};

ExitCode run_import(const ImportArguments& arguments, const OutputOptions& output);
ExitCode run_info(const InfoArguments& arguments, const OutputOptions& output);
ExitCode run_map(const MapArguments& arguments, const OutputOptions& output);
ExitCode run_serve(const ServeArguments& arguments, const OutputOptions& output);
ExitCode run_new_key(const NewKeyArguments& arguments, const OutputOptions& output);
ExitCode run_demo(const DemoArguments& arguments, const OutputOptions& output);
ExitCode run_lab_run(const LabRunArguments& arguments, const OutputOptions& output);
ExitCode run_lab_fields(const OutputOptions& output);
ExitCode run_study_map_skill(const MapSkillArguments& arguments, const OutputOptions& output);
ExitCode run_study_location(const PlaceStudyArguments& arguments, const OutputOptions& output);
ExitCode run_study_true_positions(const PlaceStudyArguments& arguments,
                                  const OutputOptions& output);
ExitCode run_study_recovery(const RecoveryArguments& arguments, const OutputOptions& output);
ExitCode run_study_claims(const ClaimsArguments& arguments, const OutputOptions& output);
ExitCode run_formats(const OutputOptions& output);

}  // namespace faultline
