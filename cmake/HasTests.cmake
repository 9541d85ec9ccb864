# cmake -DPROGRAM=... -DCASES=a:b:c -P HasTests.cmake: fails where a filter of a GoogleTest program
# selects no test, which it would not say itself.
string(REPLACE ":" ";" cases "${CASES}")
foreach(case ${cases})
  execute_process(COMMAND ${PROGRAM} --gtest_list_tests --gtest_filter=${case}
    OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
  if(NOT listed MATCHES "\n  ")
    message(FATAL_ERROR "no test of ${PROGRAM} is called ${case}")
  endif()
endforeach()
