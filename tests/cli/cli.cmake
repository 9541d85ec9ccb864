# cmake -DFAULTLINE=program -DFOLDER=empty folder -P cli.cmake
#
# What the command line promises about its exit codes (faultline --help) and its words.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
set(cases 0)

# expect(CODE "words that stderr holds" argument...)
function(expect code words)
  math(EXPR count "${cases} + 1")
  set(cases ${count} PARENT_SCOPE)
  execute_process(COMMAND ${FAULTLINE} ${ARGN} WORKING_DIRECTORY ${FOLDER}
    RESULT_VARIABLE got OUTPUT_VARIABLE answer ERROR_VARIABLE said)
  string(FIND "${said}" "${words}" at)
  if(NOT got EQUAL code OR at EQUAL -1)
    message(SEND_ERROR
      "faultline ${ARGN}: ended with ${got}, not ${code} and \"${words}\":\n${said}")
  endif()
endfunction()

expect(0 "" --version)
expect(0 "" --help)
expect(0 "" formats)
expect(2 "A subcommand is required")
expect(2 "there is no command bogus" bogus)
expect(2 "there is no command bogus" --json bogus)
expect(2 "--store is required" info)
expect(2 "-1 is not a whole number from 0 on" demo --seed -1)
expect(2 "x is not a time" map --store s --instrument okx:X --from x)
expect(2 "5 is not a length of time" map --store s --instrument okx:X --step 5)
expect(2 "X is not venue:symbol" map --store s --instrument X)
expect(2 "a.gif does not end with" map --store s --instrument okx:X --out a.gif)
expect(2 "0 is not a decimal number above zero"
  import --store s --format bybit_trades --instrument okx:X --tick-size 0 a.csv)
expect(2 "A subcommand is required" study)
expect(2 "scenarios is required" study recovery --out o)
expect(2 "not in range" study recovery a.toml --out o --replicas 1)
expect(1 "absent.toml" study recovery absent.toml --out o)
expect(2 "needs --dataset or --store" study map-skill --out o.json)
expect(2 "x is not a time" study map-skill --store s --primary-to x --out o.json)
expect(2 "-1 is not a whole number from 0 on"
  study map-skill --store s --bootstrap -1 --out o.json)
expect(2 "nowhere:X is not venue:symbol"
  study location --store s --instrument nowhere:X --prints okx:X --out o.json)
expect(2 "nowhere:Y is not venue:symbol"
  study location --store s --instrument okx:X --prints nowhere:Y --out o.json)
expect(2 "--out is required" study claims)
expect(2 "Value 8 not in range" study claims --only 8 --out o)
expect(2 "Value 1 not in range" study claims --replicas 1 --out o)
foreach(option "--instrument;okx:X" "--from;2026-01-01" "--to;2026-01-01" "--columns;5m"
    "--liquidations;okx:X")
  list(GET option 0 name)
  expect(2 "--demo excludes ${name}" serve --demo ${option})
endforeach()
expect(2 "Value -1 not in range" serve --demo --rate -1)
expect(2 "not in range" serve --demo --rate many)
# What is well said and cannot be done.
expect(1 "no such file or folder" info --store none)
# What cannot be gone on from is told before the data are opened.
file(WRITE ${FOLDER}/state.json "nonsense")
expect(1 "it is no state of a service"
  serve --store none --instrument okx:X --state state.json)
expect(1 "no such file or folder" serve --store none)
expect(1 "no such file or folder"
  study true-positions --store none --instrument okx:X --positions okx:Y --out o.json)

if(EXISTS /dev/full)
  execute_process(COMMAND sh -c "\"$0\" formats >/dev/full" ${FAULTLINE}
    RESULT_VARIABLE got ERROR_VARIABLE said)
  if(NOT got EQUAL 1 OR NOT said MATCHES "could not be written")
    message(SEND_ERROR "a full stdout: ended with ${got}:\n${said}")
  endif()
endif()
message(STATUS "${cases} command lines")
