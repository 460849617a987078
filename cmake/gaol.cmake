include(cmake/musl.cmake)

# gaol_layer(NAME SOURCES ... MAY_USE ...): one static library per folder under src/ (and libc),
# and the only other folders it may include from. Linking is by these names alone, and
# tests/layers_test.cc reads the same list, so an include sideways or up fails twice.
set_property(GLOBAL PROPERTY GAOL_LAYERS "")

function(gaol_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;MAY_USE;LINK" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
  foreach(libc IN LISTS GAOL_LIBCS)
    add_library(${libc}_${name} STATIC ${ARG_SOURCES})
    target_include_directories(${libc}_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    foreach(used IN LISTS ARG_MAY_USE)
      target_link_libraries(${libc}_${name} PUBLIC ${libc}_${used})
    endforeach()
    target_link_libraries(${libc}_${name} PUBLIC ${libc}_flags ${ARG_LINK})
  endforeach()
  # These are what libgaol is made of.
  set_target_properties(gaol_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  set_property(GLOBAL APPEND PROPERTY GAOL_OBJECTS $<TARGET_OBJECTS:gaol_${name}>)
  set_property(GLOBAL APPEND_STRING PROPERTY GAOL_LAYERS "${name}:${ARG_MAY_USE}\n")
endfunction()

# gaol_program(NAME SOURCES ... USE ... [INSTALL DIR]): one command in bin/, installed to DIR.
# Static in ordinary builds, because loading shared libraries is a third of what a start would
# take, and on musl where that works; the sanitizers need a dynamic one.
function(gaol_program name)
  cmake_parse_arguments(ARG "" "INSTALL" "SOURCES;USE" ${ARGN})
  list(GET GAOL_LIBCS -1 libc)
  add_executable(${name} ${ARG_SOURCES})
  foreach(used IN LISTS ARG_USE)
    target_link_libraries(${name} PRIVATE ${libc}_${used})
  endforeach()
  target_link_libraries(${name} PRIVATE ${libc}_flags)
  if(libc STREQUAL "musl")
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/sys/musl.cc)
  endif()
  if(NOT GAOL_SANITIZE)
    target_link_options(${name} PRIVATE -static -no-pie)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  if(ARG_INSTALL)
    install(TARGETS ${name} DESTINATION ${ARG_INSTALL})
  endif()
endfunction()

# gaol_filled(TEMPLATE OUTPUT): what TEMPLATE becomes when gaol_docs has put the registry's lists
# in place of its @MARKS@.
function(gaol_filled template output)
  cmake_path(GET output PARENT_PATH folder)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${output}
    COMMAND gaol_docs ${template} > ${output} DEPENDS gaol_docs ${template} VERBATIM)
endfunction()

# gaol_test(NAME SOURCES ... USE ... LABELS unit|golden|kernel|cli|escape [HOST]): a GoogleTest
# program. Unit and golden tests need no privilege. With HOST it runs in namespaces of its own
# that stand for a host (tests/support/host.h), and a second time in one that has cgroup v2 alone.
function(gaol_test name)
  cmake_parse_arguments(ARG "HOST;LONG" "" "SOURCES;USE;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  foreach(used IN LISTS ARG_USE)
    target_link_libraries(${name} PRIVATE gaol_${used})
  endforeach()
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE gaol_flags GTest::gtest GTest::gmock ${ARG_LINK})
  target_compile_definitions(${name} PRIVATE
    GAOL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" GAOL_BIN_DIR="${PROJECT_BINARY_DIR}/bin")
  if(ARG_HOST)
    target_link_libraries(${name} PRIVATE gaol_test_host)
    add_dependencies(${name} devfs jail jls jexec pfctl gaol-control gaol-init ifconfig jib route sysctl)
  else()
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(ARG_LONG)  # by `./bootstrap test --long` alone
    add_test(NAME ${name} CONFIGURATIONS long COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 1500)
    return()
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300)
  if(ARG_HOST)
    # Once more as on a machine without cgroup v1, when ctest is told `-C cgroup2 -L cgroup2`.
    add_test(NAME ${name}.cgroup2 CONFIGURATIONS cgroup2
      COMMAND ${PROJECT_SOURCE_DIR}/tests/support/cgroup2_only $<TARGET_FILE:${name}>)
    set_tests_properties(${name}.cgroup2 PROPERTIES LABELS cgroup2 TIMEOUT 300)
  endif()
endfunction()
