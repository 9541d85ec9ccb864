#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

struct MapArguments {
  std::string store;
  std::string instrument;
  std::string from;
  std::string to;
  std::string at;
  std::string step;
  std::string columns;
  std::string price;
  std::string liquidations;
  double assumed_open_interest = 0.0;
  std::vector<std::string> out;
  int width_px = 1600;
  int height_px = 1000;
  bool is_light = false;
};

struct DemoArguments {
  std::string out = "out";
  std::uint64_t seed = 10;
};

ExitCode run_import(const ImportArguments& arguments, const OutputOptions& output);
ExitCode run_info(const InfoArguments& arguments, const OutputOptions& output);
ExitCode run_map(const MapArguments& arguments, const OutputOptions& output);
ExitCode run_demo(const DemoArguments& arguments, const OutputOptions& output);
ExitCode run_formats(const OutputOptions& output);

}  // namespace faultline
