# Makes the texts of docs/explain and the lessons a part of the program.

# kafkasim_embed_texts(<library>): the library holds them, as explain/texts.hpp declares them; a
# change of a text makes the file anew.
function(kafkasim_embed_texts library)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_texts.cmake)
  set(out ${PROJECT_BINARY_DIR}/embedded_texts.cpp)
  file(GLOB explanations CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/explain/*.md)
  file(GLOB_RECURSE lessons CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.yaml)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DOUT=${out} -P ${script}
    DEPENDS ${script} ${explanations} ${lessons}
    COMMENT "Embedding docs/explain and the lessons"
    VERBATIM)
  target_sources(${library} PRIVATE ${out})
endfunction()
