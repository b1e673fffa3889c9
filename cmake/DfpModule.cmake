# dfp_add_module(NAME SOURCES ... DEPENDS ... LIBS ... TESTS ... TEST_LIBS ... LABEL unit)
#
# One static library per folder (alias dfp::NAME) and, when TESTS are given, one test program NAME_test.
# DEPENDS are modules of ours, LIBS are outside libraries. LABEL is the ctest label of the tests.
function(dfp_add_module NAME)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPENDS;LIBS;TESTS;TEST_LIBS" ${ARGN})
  if(ARG_SOURCES)
    add_library(dfp_${NAME} STATIC ${ARG_SOURCES})
    target_link_libraries(dfp_${NAME} PUBLIC dfp::flags ${ARG_DEPENDS} ${ARG_LIBS})
  else()
    add_library(dfp_${NAME} INTERFACE)
    target_link_libraries(dfp_${NAME} INTERFACE dfp::flags ${ARG_DEPENDS} ${ARG_LIBS})
  endif()
  add_library(dfp::${NAME} ALIAS dfp_${NAME})
  if(ARG_TESTS AND DFP_TESTS)
    if(NOT ARG_LABEL)
      set(ARG_LABEL unit)
    endif()
    add_executable(${NAME}_test ${ARG_TESTS})
    target_link_libraries(${NAME}_test PRIVATE dfp::${NAME} ${ARG_TEST_LIBS} dfp_source_dir GTest::gmock GTest::gtest_main)
    dfp_add_test(${NAME} ${ARG_LABEL} 1)
  endif()
endfunction()

# dfp_add_test(NAME LABEL SHARDS): the program NAME_test as ctest tests NAME, or NAME_1 to NAME_n side by side.
# Each leaves its report as build/PRESET/reports/TEST.xml.
function(dfp_add_test NAME LABEL SHARDS)
  foreach(shard RANGE 1 ${SHARDS})
    set(test ${NAME})
    if(SHARDS GREATER 1)
      set(test ${NAME}_${shard})
    endif()
    math(EXPR index "${shard} - 1")
    add_test(NAME ${test} COMMAND ${NAME}_test)
    set_tests_properties(${test} PROPERTIES LABELS ${LABEL} TIMEOUT 300 ENVIRONMENT
      "GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/reports/${test}.xml;GTEST_TOTAL_SHARDS=${SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
