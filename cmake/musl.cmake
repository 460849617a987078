# The commands on musl. glibc's start-up asks the processor about itself some 60 times, and on a
# virtual machine each cpuid is a trap to the hypervisor: a quarter millisecond of every start.
# musl asks nothing.
#
# Our code is compiled against musl's headers. libstdc++.a and libgcc_eh.a stay the compiler's,
# which were made for glibc. Without streams and locales, all that their parts in our commands
# ask of libc is malloc, memory and string functions, fputs(stderr), clock_gettime, syscall, and
# pthread mutexes and onces that are zero when new: one ABI in both libraries on x86-64, the
# frame of an exception included. src/sys/musl.cc defines the two names that only glibc has; with
# a third the link fails. Where the trial below does not compile, link and run, the commands are
# linked to glibc.
option(GAOL_MUSL "link the commands to musl where that works" ON)
set(GAOL_LIBCS gaol)  # prefixes of targets: gaol_base for the tests, musl_base for the commands

set(musl_dir /usr/lib/x86_64-linux-musl)
if(NOT GAOL_MUSL OR GAOL_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
    OR NOT CMAKE_LIBRARY_ARCHITECTURE STREQUAL "x86_64-linux-gnu" OR NOT EXISTS ${musl_dir}/libc.a)
  return()
endif()

# The order matters: libstdc++'s headers wrap libc's, and what musl leaves out is the compiler's.
# From /usr/include come only these folders, lest a header of glibc slip in.
set(cxx_headers ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
set(compiler_headers ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
list(FILTER cxx_headers INCLUDE REGEX "/c\\+\\+/")
list(FILTER compiler_headers INCLUDE REGEX "/lib/gcc/.*/include$")
set(other_headers ${PROJECT_BINARY_DIR}/musl-include)
file(MAKE_DIRECTORY ${other_headers})
foreach(header IN ITEMS linux/types.h asm/types.h asm-generic/types.h nlohmann/json.hpp)
  find_path(found ${header} REQUIRED NO_CACHE)
  cmake_path(GET header PARENT_PATH folder)
  file(CREATE_LINK ${found}/${folder} ${other_headers}/${folder} SYMBOLIC)
  unset(found)
endforeach()

add_library(musl_flags INTERFACE IMPORTED)
target_compile_options(musl_flags INTERFACE -nostdinc)
foreach(dir IN LISTS cxx_headers ITEMS /usr/include/x86_64-linux-musl
    LISTS compiler_headers ITEMS ${other_headers})
  target_compile_options(musl_flags INTERFACE "SHELL:-isystem ${dir}")
endforeach()
target_compile_options(musl_flags INTERFACE
  "SHELL:-include ${PROJECT_SOURCE_DIR}/cmake/libstdcxx_on_musl.h")
target_compile_definitions(musl_flags INTERFACE _GLIBCXX_GTHREAD_USE_WEAK=0)
target_link_options(musl_flags INTERFACE -B${musl_dir})  # its crt1.o and libc.a come first

try_run(musl_ran musl_built
  SOURCES ${PROJECT_SOURCE_DIR}/cmake/musl_trial.cc ${PROJECT_SOURCE_DIR}/src/sys/musl.cc
  CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${PROJECT_SOURCE_DIR}/src
  COMPILE_DEFINITIONS -D_GNU_SOURCE -ffunction-sections
  LINK_OPTIONS -static -no-pie -Wl,--gc-sections
  LINK_LIBRARIES musl_flags)
if(musl_built AND musl_ran EQUAL 0)
  target_link_libraries(musl_flags INTERFACE gaol_flags)
  list(APPEND GAOL_LIBCS musl)
else()
  message(WARNING "musl: the trial failed; the commands are linked to glibc and start slower")
endif()
