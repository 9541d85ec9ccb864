# faultline_embed(TARGET): builds files into the program, as apps/embedded.hpp lists them.
#
#   web/dist/**              "web/..."       the terminal; nothing where it was not built yet
#   scenarios/*.toml         "scenarios/..."
#   docs/studies/*.json      "studies/..."
#   docs/formats/openapi.json
#
# Why by the assembler: it copies bytes, where a compiler would take seconds for their text.
function(faultline_embed target)
  file(GLOB_RECURSE pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/dist/*)
  file(GLOB scenarios CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/scenarios/*.toml)
  file(GLOB studies CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/studies/*.json)
  set(files ${pages} ${scenarios} ${studies} ${CMAKE_SOURCE_DIR}/docs/formats/openapi.json)
  set(assembly "    .section .rodata\n")
  set(externs "")
  set(rows "")
  set(index 0)
  foreach(file ${files})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${file})
    string(REGEX REPLACE "^web/dist/" "web/" name ${name})
    string(REGEX REPLACE "^docs/(studies|formats)/" "\\1/" name ${name})
    set(symbol faultline_embedded_${index})
    string(APPEND assembly
      "    .global ${symbol}\n    .global ${symbol}_end\n"
      "${symbol}:\n    .incbin \"${file}\"\n${symbol}_end:\n    .byte 0\n")
    string(APPEND externs "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
    string(APPEND rows
      "    {\"${name}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND assembly "    .section .note.GNU-stack,\"\",@progbits\n")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embedded.S CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embedded.cpp CONTENT
"#include \"apps/embedded.hpp\"

extern \"C\" {
${externs}}

namespace faultline {

std::span<const EmbeddedFile> embedded_files() {
  static const EmbeddedFile kFiles[] = {
${rows}  };
  return kFiles;
}

}  // namespace faultline
" @ONLY)
  set_source_files_properties(${CMAKE_BINARY_DIR}/embedded.S PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/embedded.S ${CMAKE_BINARY_DIR}/embedded.cpp)
endfunction()
