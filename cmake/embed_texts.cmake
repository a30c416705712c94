# Writes a .cpp that holds text files as string literals, so that the program needs none of them
# when it runs: cmake -DROOT=... -DOUT=... -P embed_texts.cmake. What it writes is declared in
# explain/texts.hpp.

# embed(<variable> <name of the table> <files...>): appends a table of {name, text}, by name.
function(embed result table)
  set(rows "")
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(FIND "${text}" ")embedded\"" clash)
    if(NOT clash EQUAL -1)
      message(FATAL_ERROR "${file} holds the end mark of the literal that it is to become")
    endif()
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  set(${result}
      "${${result}}
std::span<const Text> ${table}() {
  static constexpr Text texts[] = {
${rows}  };
  return texts;
}
"
      PARENT_SCOPE)
endfunction()

file(GLOB explanations ${ROOT}/docs/explain/*.md)
list(FILTER explanations EXCLUDE REGEX "/README\\.md$")
file(GLOB_RECURSE lessons ${ROOT}/scenarios/*.yaml)
list(SORT explanations)
list(SORT lessons)

set(source "// Made from docs/explain and scenarios; do not change it here.
#include \"explain/texts.hpp\"

namespace kafkasim::explain {
")
embed(source explanation_texts ${explanations})
embed(source lesson_texts ${lessons})
string(APPEND source "\n}  // namespace kafkasim::explain\n")
file(WRITE ${OUT} "${source}")
