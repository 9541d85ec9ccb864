# Compiler flags of every target of ours.
#
# -ffp-contract=off and a fixed instruction set keep double results the same from run to run and
# from build to build.
add_library(faultline_flags INTERFACE)
target_compile_options(faultline_flags INTERFACE -march=x86-64-v3 -ffp-contract=off
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Wformat=2 -Wimplicit-fallthrough -Woverloaded-virtual)
# g++ 12 reports overlapping copies inside std::string where there are none (its bug 105651).
target_compile_options(faultline_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(FAULTLINE_WERROR)
  target_compile_options(faultline_flags INTERFACE -Werror)
endif()
if(FAULTLINE_SANITIZE)
  target_compile_options(faultline_flags INTERFACE
    -fsanitize=${FAULTLINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(FAULTLINE_QUICK)
    # A fourth of the compiler's time, and most of what these find stops under AddressSanitizer too.
    target_compile_options(faultline_flags INTERFACE -fno-sanitize=null,object-size,vptr)
  endif()
  target_link_options(faultline_flags INTERFACE -fsanitize=${FAULTLINE_SANITIZE})
endif()
if(FAULTLINE_FUZZ)
  target_compile_options(faultline_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(FAULTLINE_MOLD mold)
if(FAULTLINE_MOLD AND NOT FAULTLINE_SANITIZE)
  target_link_options(faultline_flags INTERFACE -fuse-ld=mold)
endif()
find_program(FAULTLINE_CCACHE ccache)
if(FAULTLINE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FAULTLINE_CCACHE})
endif()
