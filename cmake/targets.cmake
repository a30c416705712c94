# The shapes of targets: a library of a folder, the program, the benchmark.

kafkasim_precompiled(kafkasim_precompiled)

# Links those of the libraries that exist: a folder that is still empty has none.
function(kafkasim_link target scope)
  foreach(library IN LISTS ARGN)
    if(TARGET ${library} OR NOT library MATCHES "^kafkasim_")
      target_link_libraries(${target} ${scope} ${library})
    endif()
  endforeach()
endfunction()

# kafkasim_library(<folder> <dependencies...>): all sources of the folder and below, as
# kafkasim_<last part of the folder>.
function(kafkasim_library folder)
  get_filename_component(name ${folder} NAME)
  set(name kafkasim_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.hpp)
  list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/cli/main.cpp)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_precompile_headers(${name} REUSE_FROM kafkasim_precompiled)
    set(scope PUBLIC)
  elseif(headers)
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  else()
    return()
  endif()
  kafkasim_link(${name} ${scope} kafkasim_options ${ARGN} fmt::fmt)
  # The target check_headers compiles each header alone.
  target_sources(${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

function(kafkasim_program name main)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${main})
    add_executable(${name} ${main})
    target_precompile_headers(${name} REUSE_FROM kafkasim_precompiled)
    kafkasim_link(${name} PRIVATE kafkasim_options ${ARGN})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  endif()
endfunction()

function(kafkasim_bench)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.cpp)
  if(sources)
    add_executable(kafkasim_bench EXCLUDE_FROM_ALL ${sources})
    target_precompile_headers(kafkasim_bench REUSE_FROM kafkasim_precompiled)
    set_target_properties(kafkasim_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    # The comparison with librdkafka's mock cluster, where it is installed.
    find_library(KAFKASIM_RDKAFKA rdkafka)
    find_path(KAFKASIM_RDKAFKA_INCLUDE librdkafka/rdkafka_mock.h)
    if(KAFKASIM_RDKAFKA AND KAFKASIM_RDKAFKA_INCLUDE)
      target_compile_definitions(kafkasim_bench PRIVATE KAFKASIM_HAS_RDKAFKA)
      target_include_directories(kafkasim_bench SYSTEM PRIVATE ${KAFKASIM_RDKAFKA_INCLUDE})
      target_link_libraries(kafkasim_bench PRIVATE ${KAFKASIM_RDKAFKA})
    endif()
    kafkasim_link(
      kafkasim_bench PRIVATE kafkasim_options kafkasim_conformance kafkasim_engine kafkasim_consumer
      kafkasim_producer kafkasim_broker kafkasim_client kafkasim_sim kafkasim_protocol)
  endif()
endfunction()

# Replays vectors recorded from real Kafka code. A library, so that a test runs the same code.
function(kafkasim_conformance)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/conformance/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(main|_test)\\.cpp$")
  add_library(kafkasim_conformance STATIC ${sources})
  target_precompile_headers(kafkasim_conformance REUSE_FROM kafkasim_precompiled)
  kafkasim_link(
    kafkasim_conformance PUBLIC kafkasim_options kafkasim_broker kafkasim_producer kafkasim_consumer
    kafkasim_client kafkasim_sim kafkasim_protocol nlohmann_json::nlohmann_json fmt::fmt)
  kafkasim_program(conformance tests/conformance/main.cpp kafkasim_conformance)
endfunction()

# The stress program. It shares its parts with the test in the same folder.
function(kafkasim_stress)
  set(folder ${PROJECT_SOURCE_DIR}/tests/stress)
  if(EXISTS ${folder}/program/stress_main.cpp)
    add_executable(stress ${folder}/program/stress_main.cpp ${folder}/dice.cpp
                          ${folder}/draw.cpp ${folder}/draw_groups.cpp
                          ${folder}/scenario_text.cpp ${folder}/stress.cpp
                          ${folder}/widen_groups.cpp)
    target_precompile_headers(stress REUSE_FROM kafkasim_precompiled)
    set_target_properties(stress PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    kafkasim_link(
      stress PRIVATE kafkasim_options kafkasim_engine kafkasim_consumer kafkasim_producer
      kafkasim_broker kafkasim_client kafkasim_sim kafkasim_protocol)
  endif()
endfunction()
