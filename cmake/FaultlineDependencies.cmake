# Third-party libraries, each behind one alias. Only .cpp files may include their headers.
find_package(PkgConfig REQUIRED)

function(faultline_pkg alias module)
  pkg_check_modules(${alias} REQUIRED IMPORTED_TARGET ${module})
  add_library(faultline_dep_${alias} INTERFACE)
  target_link_libraries(faultline_dep_${alias} INTERFACE PkgConfig::${alias})
  add_library(faultline::${alias} ALIAS faultline_dep_${alias})
endfunction()

faultline_pkg(cairo cairo)
faultline_pkg(archive libarchive)
faultline_pkg(crypto libcrypto)
faultline_pkg(zlib zlib)
faultline_pkg(zstd libzstd)
faultline_pkg(fmt fmt)
faultline_pkg(eigen eigen3)
faultline_pkg(xgboost xgboost)

# Header-only libraries.
foreach(dep json toml cli)
  add_library(faultline_dep_${dep} INTERFACE)
  add_library(faultline::${dep} ALIAS faultline_dep_${dep})
endforeach()
find_path(FAULTLINE_JSON_INCLUDE nlohmann/json.hpp REQUIRED)
find_path(FAULTLINE_TOML_INCLUDE toml++/toml.h REQUIRED)
find_path(FAULTLINE_CLI_INCLUDE CLI/CLI.hpp REQUIRED)

# DuckDB is not in Debian: tools/setup unpacks header and library from npm packages into
# .deps/duckdb.
set(FAULTLINE_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "Folder that the set-up script fills")
find_path(FAULTLINE_DUCKDB_INCLUDE duckdb.h PATHS ${FAULTLINE_DEPS}/duckdb NO_DEFAULT_PATH REQUIRED)
find_library(FAULTLINE_DUCKDB_LIBRARY duckdb
  PATHS ${FAULTLINE_DEPS}/duckdb NO_DEFAULT_PATH REQUIRED)
add_library(faultline_dep_duckdb INTERFACE)
target_include_directories(faultline_dep_duckdb SYSTEM INTERFACE ${FAULTLINE_DUCKDB_INCLUDE})
target_link_libraries(faultline_dep_duckdb INTERFACE ${FAULTLINE_DUCKDB_LIBRARY})
target_link_options(faultline_dep_duckdb INTERFACE -Wl,-rpath,${FAULTLINE_DEPS}/duckdb)
add_library(faultline::duckdb ALIAS faultline_dep_duckdb)

# Boost: the system's where it is new enough, else the headers that tools/setup unpacks into
# .deps/boost. Asio and Beast are header-only; their code is compiled once, in
# src/net/boost_source.cpp.
set(FAULTLINE_BOOST_VERSION_MIN 108100)
find_path(FAULTLINE_BOOST_INCLUDE boost/beast/version.hpp
  PATHS ${FAULTLINE_DEPS}/boost/include NO_DEFAULT_PATH)
find_path(FAULTLINE_BOOST_INCLUDE boost/beast/version.hpp REQUIRED)
file(STRINGS ${FAULTLINE_BOOST_INCLUDE}/boost/version.hpp FAULTLINE_BOOST_VERSION
  REGEX "^#define BOOST_VERSION [0-9]+")
string(REGEX REPLACE "[^0-9]" "" FAULTLINE_BOOST_VERSION "${FAULTLINE_BOOST_VERSION}")
if(FAULTLINE_BOOST_VERSION LESS FAULTLINE_BOOST_VERSION_MIN)
  message(FATAL_ERROR "Boost ${FAULTLINE_BOOST_VERSION} in ${FAULTLINE_BOOST_INCLUDE} is older "
    "than ${FAULTLINE_BOOST_VERSION_MIN}: run tools/setup")
endif()
find_package(Threads REQUIRED)
add_library(faultline_dep_boost INTERFACE)
target_include_directories(faultline_dep_boost SYSTEM INTERFACE ${FAULTLINE_BOOST_INCLUDE})
target_compile_definitions(faultline_dep_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(faultline_dep_boost INTERFACE Threads::Threads)
if(FAULTLINE_SANITIZE MATCHES thread)
  # ThreadSanitizer knows no fences; Asio's locks order the same accesses.
  target_compile_definitions(faultline_dep_boost INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
add_library(faultline::boost ALIAS faultline_dep_boost)

if(FAULTLINE_TESTS)
  find_package(GTest REQUIRED)
endif()
