# Finds what kafkasim stands on. All that is missing is named at once, by its Debian packages.
set(kafkasim_missing "")

macro(kafkasim_need found debian_package)
  if(NOT ${found})
    list(APPEND kafkasim_missing ${debian_package})
  endif()
endmacro()

# Boost is only headers here. Its own CMake files differ between versions, so look for a header and
# read the version from another.
find_path(KAFKASIM_BOOST_INCLUDE boost/asio/awaitable.hpp HINTS ${BOOST_ROOT} $ENV{BOOST_ROOT}
          PATH_SUFFIXES include)
set(kafkasim_boost_ok FALSE)
if(KAFKASIM_BOOST_INCLUDE)
  file(STRINGS ${KAFKASIM_BOOST_INCLUDE}/boost/version.hpp kafkasim_boost_line
       REGEX "#define BOOST_VERSION ")
  string(REGEX MATCH "[0-9]+" kafkasim_boost_version "${kafkasim_boost_line}")
  if(kafkasim_boost_version GREATER_EQUAL 107400)
    set(kafkasim_boost_ok TRUE)
    add_library(Boost::headers INTERFACE IMPORTED GLOBAL)
    target_include_directories(Boost::headers SYSTEM INTERFACE ${KAFKASIM_BOOST_INCLUDE})
  endif()
endif()
kafkasim_need(kafkasim_boost_ok libboost1.81-dev)

find_package(fmt QUIET)
kafkasim_need(fmt_FOUND libfmt-dev)
find_package(CLI11 QUIET)
kafkasim_need(CLI11_FOUND libcli11-dev)
find_package(yaml-cpp QUIET)
kafkasim_need(yaml-cpp_FOUND libyaml-cpp-dev)
find_package(nlohmann_json QUIET)
kafkasim_need(nlohmann_json_FOUND nlohmann-json3-dev)
find_package(PkgConfig QUIET)
kafkasim_need(PkgConfig_FOUND pkg-config)
if(PkgConfig_FOUND)
  pkg_check_modules(xxhash QUIET IMPORTED_TARGET libxxhash)
  kafkasim_need(xxhash_FOUND libxxhash-dev)
endif()
if(KAFKASIM_TESTS)
  find_package(Catch2 QUIET)
  kafkasim_need(Catch2_FOUND catch2)
  find_package(Python3 QUIET COMPONENTS Interpreter)
  kafkasim_need(Python3_FOUND python3)
endif()

if(kafkasim_missing)
  list(JOIN kafkasim_missing " " kafkasim_missing)
  message(FATAL_ERROR "Missing: ${kafkasim_missing}\n"
                      "On Debian: apt-get install --no-install-recommends ${kafkasim_missing}\n"
                      "(./dev build does that for you.)")
endif()
