# How every file of kafkasim is compiled: one interface target that all others link, and the
# precompiled headers.

find_program(KAFKASIM_MOLD mold)
if(KAFKASIM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(KAFKASIM_CCACHE ccache)
if(KAFKASIM_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # The base directory lets clones in different places share results; the sloppiness is what ccache
  # asks for before it caches a file that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${KAFKASIM_CCACHE})
endif()

# Debug means "checked": fast enough for thousands of simulated seconds, with line numbers in the
# sanitizers' reports. -Og compiles a third faster than -O1 under them and runs nearly as fast.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

add_library(kafkasim_options INTERFACE)
target_include_directories(kafkasim_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(
  kafkasim_options INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS
                             BOOST_ASIO_DISABLE_THREADS)
# __FILE__ as seen from the root: messages are the same wherever the clone lives, with ccache (which
# makes paths relative) and without.
file(RELATIVE_PATH kafkasim_up ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
string(REGEX REPLACE "([^/])$" "\\1/" kafkasim_up "${kafkasim_up}")
target_compile_options(
  kafkasim_options
  # g++ 12 takes the frames of some coroutines for memory that is freed by the wrong operator.
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-mismatched-new-delete
            $<$<BOOL:${KAFKASIM_WERROR}>:-Werror>
            "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" "-ffile-prefix-map=${kafkasim_up}=")
if(KAFKASIM_SANITIZE)
  # Left out: null, alignment and vptr. AddressSanitizer stops at a null pointer and at a dead
  # object too, nothing here casts raw memory, and the three are a third of the compile time.
  target_compile_options(
    kafkasim_options
    INTERFACE -fsanitize=address,undefined -fno-sanitize=null,alignment,vptr
              -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kafkasim_options INTERFACE -fsanitize=address,undefined)
endif()

# Only headers from outside the project are precompiled, so that a change of ours rebuilds no more
# than what includes it.
set(kafkasim_common_headers
    <algorithm> <array> <chrono> <cstdint> <deque> <functional> <limits> <map> <memory> <optional>
    <set> <span> <string> <string_view> <tuple> <utility> <variant> <vector> <fmt/format.h>
    <boost/asio/co_spawn.hpp> <boost/asio/execution.hpp> <boost/asio/use_awaitable.hpp>)
if(KAFKASIM_CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  target_compile_options(kafkasim_options INTERFACE -fpch-preprocess)
endif()

# kafkasim_precompiled(<name> <further headers...>): an object library whose precompiled header
# others reuse.
function(kafkasim_precompiled name)
  set(source ${PROJECT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Only here to have its precompiled header.\n")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE kafkasim_options fmt::fmt Boost::headers)
  target_precompile_headers(${name} PRIVATE ${kafkasim_common_headers} ${ARGN})
endfunction()
