# One program per tests/fuzz/fuzz_*.c: clang's libFuzzer with the libraries under it instrumented. As a test each
# runs a fixed number of executions from its seeds; scripts/fuzz runs them for longer.
if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "TIERCEL_FUZZ needs clang: -DCMAKE_C_COMPILER=clang")
endif()

# Per target: executions of its test, about four seconds on one core; the longest input.
set(fuzz_of_csv 80000 600)
set(fuzz_of_decimal 250000 120)
set(fuzz_of_time 200000 120)
set(fuzz_of_config 30000 2000)
set(fuzz_of_store 1500 260)
set(fuzz_of_row 80000 300)
set(fuzz_of_table 8000 500)
set(fuzz_of_number 120000 120)
set(fuzz_of_source 8000 400)
add_custom_target(fuzz)

file(GLOB fuzz_targets CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(source ${fuzz_targets})
  get_filename_component(program ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" name ${program})
  set(seeds ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/seeds/${name})
  add_executable(${program} ${source})
  target_include_directories(${program} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${program} PRIVATE tc_text tc_base)
  if(name MATCHES "^(table|row)$")
    target_link_libraries(${program} PRIVATE tc_stage) # its serial parts; MPI is never started
  elseif(name STREQUAL "config")
    target_link_libraries(${program} PRIVATE PkgConfig::CYAML PkgConfig::YAML) # private header of the module
  elseif(name STREQUAL "store")
    target_link_libraries(${program} PRIVATE tc_store)
  endif()
  tiercel_compile(${program})
  target_link_options(${program} PRIVATE -fsanitize=fuzzer)

  list(GET fuzz_of_${name} 0 runs)
  list(GET fuzz_of_${name} 1 longest)
  set(options -seed=1 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -max_len=${longest})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/${name}.dict)
    list(APPEND options -dict=${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/${name}.dict)
  endif()
  add_dependencies(fuzz ${program})
  set(corpus ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name}) # libFuzzer writes what it finds into the first folder
  file(MAKE_DIRECTORY ${corpus})
  add_test(NAME fuzz.${name} COMMAND ${program} -runs=${runs} ${options} ${corpus} ${seeds})
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 300 LABELS fuzz WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  if(name STREQUAL "store")
    set_tests_properties(fuzz.store PROPERTIES ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0") # Open MPI has some
  endif()
endforeach()

# For scripts/fuzz: name and longest input of each target.
set(fuzz_list "")
foreach(source ${fuzz_targets})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" name ${name})
  list(GET fuzz_of_${name} 1 longest)
  string(APPEND fuzz_list "${name} ${longest}\n")
endforeach()
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/fuzz_targets.txt "${fuzz_list}")
