# faultline_layer(NAME [MAY_USE layer...] [THIRD_PARTY target...] [TEST_SHARDS n] [LIGHT]
#   [HEAVY_TESTS] [LONG_TESTS] [LONG_CASES case...])
#
# Makes the static library faultline_NAME from src/NAME (tests excluded), links it against exactly
# the layers of MAY_USE, builds the layer's tests into one program, and adds the row to the layer
# table that the include test reads.
#
# LIGHT: it waits, or has its work done by others: FAULTLINE_QUICK does not optimise it.
# LONG_TESTS: nothing from outside comes to it but through other layers: FAULTLINE_QUICK does not
# test it.
set_property(GLOBAL PROPERTY FAULTLINE_LAYER_TABLE "")

function(faultline_record_layer name)
  list(JOIN ARGN " " uses)
  set_property(GLOBAL APPEND_STRING PROPERTY FAULTLINE_LAYER_TABLE "${name}: ${uses}\n")
endfunction()

function(faultline_layer name)
  cmake_parse_arguments(ARG "LIGHT;HEAVY_TESTS;LONG_TESTS" "TEST_SHARDS"
    "MAY_USE;THIRD_PARTY;LONG_CASES" ${ARGN})
  set(how "")
  if(ARG_HEAVY_TESTS)
    list(APPEND how HEAVY)
  endif()
  if(ARG_LONG_TESTS)
    list(APPEND how LONG)
  endif()
  faultline_record_layer(${name} ${ARG_MAY_USE})
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${folder}/*.hpp)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER headers EXCLUDE REGEX "/test_[a-z_]*\\.hpp$")  # only tests include them
  if(NOT sources)
    message(FATAL_ERROR "layer ${name} has no sources: a layer is made when its first code comes")
  endif()
  add_library(faultline_${name} STATIC ${sources})
  target_sources(faultline_${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${headers})
  foreach(used ${ARG_MAY_USE})
    target_link_libraries(faultline_${name} PUBLIC faultline_${used})
  endforeach()
  target_link_libraries(faultline_${name} PUBLIC faultline_flags PRIVATE ${ARG_THIRD_PARTY})
  if(ARG_LIGHT AND FAULTLINE_QUICK)
    target_compile_options(faultline_${name} PRIVATE -O0)
  endif()
  if(FAULTLINE_TESTS AND tests)
    faultline_test(${name}_tests LAYER ${name} SOURCES ${tests} THIRD_PARTY ${ARG_THIRD_PARTY}
      SHARDS ${ARG_TEST_SHARDS} ${how} LONG_CASES ${ARG_LONG_CASES})
  endif()
endfunction()

# faultline_light(TARGET): the work is done by the libraries behind it, so that where tests are
# built it is not itself optimised: the compiler takes half as long.
function(faultline_light target)
  if(FAULTLINE_TESTS)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# faultline_test(NAME LAYER layer SOURCES file... [SHARDS n] [HEAVY] [LONG] [LONG_CASES case...])
#
# One GoogleTest program, a ctest entry; or n entries that each run every n-th test, so that a long
# one does not keep one processor busy while the others have nothing to do.
#
# HEAVY: much of its work is its own.
# LONG: FAULTLINE_QUICK does not have it.
# LONG_CASES: those that take long, with figures of many markets, months of data or many kills.
# They are entries of their own, which FAULTLINE_QUICK does not have.
function(faultline_test name)
  cmake_parse_arguments(ARG "HEAVY;LONG" "SHARDS" "LAYER;SOURCES;THIRD_PARTY;LONG_CASES" ${ARGN})
  if(ARG_LONG AND FAULTLINE_QUICK)
    return()
  endif()
  add_executable(faultline_${name} ${ARG_SOURCES})
  foreach(layer ${ARG_LAYER})
    target_link_libraries(faultline_${name} PRIVATE faultline_${layer})
  endforeach()
  target_link_libraries(faultline_${name} PRIVATE ${ARG_THIRD_PARTY} GTest::gtest_main)
  target_compile_definitions(faultline_${name} PRIVATE FAULTLINE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  if(NOT ARG_HEAVY)
    faultline_light(faultline_${name})
  endif()
  if(NOT ARG_LONG_CASES)
    faultline_test_entries(${name} ${name} "${ARG_SHARDS}")
    return()
  endif()
  list(JOIN ARG_LONG_CASES ":" long_cases)
  faultline_test_entries(${name} ${name} "${ARG_SHARDS}" --gtest_filter=-${long_cases})
  add_test(NAME ${name}_long_names COMMAND ${CMAKE_COMMAND}
    -DPROGRAM=$<TARGET_FILE:faultline_${name}> -DCASES=${long_cases}
    -P ${CMAKE_SOURCE_DIR}/cmake/HasTests.cmake)
  if(NOT FAULTLINE_QUICK)
    list(LENGTH ARG_LONG_CASES shards)
    if(shards GREATER 2)
      set(shards 2)
    endif()
    faultline_test_entries(${name} ${name}_long ${shards} --gtest_filter=${long_cases})
  endif()
endfunction()

# The ctest entries of a program: PREFIX, or PREFIX_0 and so on where there are shards.
function(faultline_test_entries name prefix shards)
  if(NOT shards)
    set(shards 1)
  endif()
  math(EXPR last "${shards} - 1")
  foreach(shard RANGE ${last})
    set(entry ${prefix})
    if(shards GREATER 1)
      set(entry ${prefix}_${shard})
    endif()
    add_test(NAME ${entry} COMMAND faultline_${name} --gtest_brief=1 ${ARGN})
    set_tests_properties(${entry} PROPERTIES
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${shard}")
  endforeach()
endfunction()

# faultline_program(NAME FOLDER MAY_USE layer... THIRD_PARTY target...): an executable of the top
# layer.
function(faultline_program name folder)
  cmake_parse_arguments(ARG "" "" "MAY_USE;THIRD_PARTY" ${ARGN})
  faultline_record_layer(${folder} ${ARG_MAY_USE})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  add_executable(${name} ${sources})
  foreach(used ${ARG_MAY_USE})
    target_link_libraries(${name} PRIVATE faultline_${used})
  endforeach()
  target_link_libraries(${name} PRIVATE faultline_flags ${ARG_THIRD_PARTY})
  faultline_light(${name})
endfunction()

function(faultline_write_layer_table)
  get_property(table GLOBAL PROPERTY FAULTLINE_LAYER_TABLE)
  file(WRITE ${CMAKE_BINARY_DIR}/layers.txt "${table}")
endfunction()
