# Unit tests: one serial program per tests/unit/test_*.c, without MPI and HDF5, so that leaks are caught.
# MPI tests: tests/mpi/test_*.c under mpirun, each on 1, 2, 3, 4 and 7 ranks, in a folder of its own. Most of the time
# of short jobs is waiting for launchers, so several tests run side by side (scripts/test).
# System tests: tests/system/*.sh run the program under mpirun. Each test has a timeout: a hang is a failure.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

set(TIERCEL_TEST_ENVIRONMENT
    "TIERCEL_SHARED=$ENV{TIERCEL_SHARED}" "TIERCEL_SOURCE=${CMAKE_CURRENT_SOURCE_DIR}"
    "TIERCEL_PROGRAM=$<TARGET_FILE:tiercel>")

file(GLOB unit_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/unit/test_*.c)
foreach(source ${unit_tests})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  if(name MATCHES "^test_(ingest|table|features)_")
    target_link_libraries(${name} PRIVATE tc_stage) # the serial parts of a stage; MPI is never started
  endif()
  target_link_libraries(${name} PRIVATE tc_kernel tc_text tc_base PkgConfig::CMOCKA GSL::gsl)
  tiercel_compile(${name})
  add_test(NAME unit.${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES TIMEOUT 300 LABELS unit SKIP_RETURN_CODE 77
                       ENVIRONMENT "${TIERCEL_TEST_ENVIRONMENT}")
endforeach()

# Open MPI unloads its plugins before the leak sanitizer looks: a dlclose that does nothing keeps their names.
set(mpi_test_environment "${TIERCEL_TEST_ENVIRONMENT}")
set(mpi_test_extra "")
if(TIERCEL_SANITIZE)
  set(mpi_test_extra ${CMAKE_CURRENT_SOURCE_DIR}/tests/mpi/keep_plugins.c)
  list(APPEND mpi_test_environment "ASAN_OPTIONS=fast_unwind_on_malloc=0"
       "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_SOURCE_DIR}/tests/mpi/lsan.supp:print_suppressions=0")
endif()

set(mpi_test_ranks 1 2 3 4 7)
set(mpi_test_folder ${CMAKE_CURRENT_BINARY_DIR}/mpi)
file(MAKE_DIRECTORY ${mpi_test_folder})
file(GLOB mpi_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/mpi/test_*.c)
set_source_files_properties(tests/mpi/test_direct.c PROPERTIES COMPILE_DEFINITIONS _GNU_SOURCE) # O_DIRECT
foreach(source ${mpi_tests})
  get_filename_component(program ${source} NAME_WE)
  string(REGEX REPLACE "^test_" "" name ${program})
  set(program mpi_${name})
  add_executable(${program} ${source} ${mpi_test_extra})
  target_include_directories(${program} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  if(name MATCHES "^identity")
    target_link_libraries(${program} PRIVATE tc_stage) # a collective part of a stage
  endif()
  if(name STREQUAL "rfc4180" OR name STREQUAL "merge")
    target_link_libraries(${program} PRIVATE tc_stage)
  endif()
  target_link_libraries(${program} PRIVATE tc_store tc_comm tc_base)
  set_target_properties(${program} PROPERTIES ENABLE_EXPORTS ${TIERCEL_SANITIZE})
  tiercel_compile(${program})
  foreach(ranks ${mpi_test_ranks})
    file(MAKE_DIRECTORY ${mpi_test_folder}/${name}.np${ranks})
    math(EXPR slots "(${ranks} + 1) / 2")
    add_test(NAME mpi.${name}.np${ranks}
             COMMAND ${MPIEXEC_EXECUTABLE} -n ${ranks} $<TARGET_FILE:${program}> ${mpi_test_folder}/${name}.np${ranks})
    set_tests_properties(mpi.${name}.np${ranks} PROPERTIES PROCESSORS ${slots} TIMEOUT 120 LABELS mpi
                         SKIP_RETURN_CODE 77 ENVIRONMENT "${mpi_test_environment}")
  endforeach()
endforeach()

# The file that test_store writes has the same bytes for every number of ranks.
foreach(ranks ${mpi_test_ranks})
  if(NOT TARGET mpi_store)
    break()
  endif()
  set_tests_properties(mpi.store.np${ranks} PROPERTIES FIXTURES_SETUP store_np${ranks})
  if(ranks GREATER 1)
    add_test(NAME mpi.store_bytes.np${ranks}
             COMMAND ${CMAKE_COMMAND} -E compare_files ${mpi_test_folder}/store.np1/store.np1.h5
                     ${mpi_test_folder}/store.np${ranks}/store.np${ranks}.h5)
    set_tests_properties(mpi.store_bytes.np${ranks} PROPERTIES TIMEOUT 120 LABELS mpi
                         FIXTURES_REQUIRED "store_np1;store_np${ranks}")
  endif()
endforeach()

# A machine that misbehaves as told: tests/system/shim.c. With the project's warnings, not its instrumentation.
add_library(tiercel_shim MODULE ${CMAKE_CURRENT_SOURCE_DIR}/tests/system/shim.c)
target_compile_options(tiercel_shim PRIVATE -Wall -Wextra)
target_link_libraries(tiercel_shim PRIVATE ${CMAKE_DL_LIBS} Threads::Threads)

set(system_test_environment "${TIERCEL_TEST_ENVIRONMENT}" "TIERCEL_SHIM_LIBRARY=$<TARGET_FILE:tiercel_shim>")
if(TIERCEL_SANITIZE)
  # leaks of our own are counted by the program itself; those of Open MPI are not ours to report
  list(APPEND system_test_environment "ASAN_OPTIONS=detect_leaks=0")
endif()
file(GLOB system_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/system/*.sh)
list(FILTER system_tests EXCLUDE REGEX "/(common|machine_common|slurm_up|hosts_up)\\.sh$")
foreach(script ${system_tests})
  get_filename_component(name ${script} NAME_WE)
  add_test(NAME system.${name} COMMAND bash ${script} WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties(system.${name} PROPERTIES TIMEOUT 900 LABELS system
                       SKIP_RETURN_CODE 77 ENVIRONMENT "${system_test_environment}")
  if(name MATCHES "^(slurm|kill|memory|segment_stream)")
    set_tests_properties(system.${name} PROPERTIES RUN_SERIAL ON) # daemons, moments, memory of the whole machine
  endif()
  if(name MATCHES "^hosts")
    set_tests_properties(system.${name} PROPERTIES RESOURCE_LOCK hosts) # dozens of ranks each, and limits of seconds
  endif()
  if(name STREQUAL "faults")
    set_tests_properties(system.${name} PROPERTIES COST 1000 TIMEOUT 1800) # hundreds of jobs: it begins first
  endif()
  if(name MATCHES "_timelimit$")
    set_tests_properties(system.${name} PROPERTIES LABELS long) # scripts/soak runs these
  endif()
endforeach()
