# tests/smpi: base, kernel, comm, and the fits of segment and churn under SimGrid's SMPI, that is on simulated ranks in one
# process, where there is no HDF5. What smpicc does: its headers before all others, one shared object that smpirun loads for
# each rank. Only what is listed here is linked, so a fit that begins to need a file fails to link.
find_program(TIERCEL_SMPIRUN smpirun)
find_path(TIERCEL_SMPI_INCLUDE smpi_helpers.h PATH_SUFFIXES smpi)
find_library(TIERCEL_SIMGRID simgrid)

set(models ${CMAKE_CURRENT_SOURCE_DIR}/tests/smpi/models.c ${CMAKE_CURRENT_SOURCE_DIR}/tests/smpi/base_memory.c)
add_executable(models_real ${models})
target_include_directories(models_real PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_link_libraries(models_real PRIVATE tc_stage)
tiercel_compile(models_real)

if(TIERCEL_SMPIRUN AND TIERCEL_SMPI_INCLUDE AND TIERCEL_SIMGRID AND NOT TIERCEL_SANITIZE)
  set(fits scale_all quantile_all model_feature_name memory_share churn/churn_fit churn/churn_log churn/churn_quality
      segment/segment_choose segment/segment_compare segment/segment_deal segment/segment_fit segment/segment_lloyd
      segment/segment_matrix segment/segment_parallel segment/segment_place segment/segment_quality segment/segment_rows
      segment/segment_sample segment/segment_seed segment/segment_state segment/segment_survey segment/segment_use)
  list(TRANSFORM fits PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/src/stage/)
  list(TRANSFORM fits APPEND .c)
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/base/*.c ${CMAKE_CURRENT_SOURCE_DIR}/src/kernel/*.c
       ${CMAKE_CURRENT_SOURCE_DIR}/src/edge/comm/*.c ${CMAKE_CURRENT_SOURCE_DIR}/src/edge/store/checkpoint*.c)
  add_library(models_simulated MODULE ${models} ${fits} ${parts})
  set_target_properties(models_simulated PROPERTIES PREFIX "" EXPORT_COMPILE_COMMANDS OFF) # linters see the sources once
  target_include_directories(models_simulated PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_compile_definitions(models_simulated PRIVATE _POSIX_C_SOURCE=200809L)
  target_compile_options(models_simulated PRIVATE -ffp-contract=off -g0 -w -isystem ${TIERCEL_SMPI_INCLUDE}
                         -include ${TIERCEL_SMPI_INCLUDE}/smpi_helpers.h)
  target_link_libraries(models_simulated PRIVATE ${TIERCEL_SIMGRID} GSL::gsl PkgConfig::XXHASH Threads::Threads m)
  target_link_options(models_simulated PRIVATE -Wl,-z,defs)
  set(simulated $<TARGET_FILE:models_simulated>)
else()
  set(simulated "") # the test says so and is skipped
endif()
add_test(NAME smpi.models COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tests/smpi/models.sh $<TARGET_FILE:models_real> ${simulated}
         WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
set_tests_properties(smpi.models PROPERTIES TIMEOUT 900 LABELS smpi RUN_SERIAL ON SKIP_RETURN_CODE 77
                     ENVIRONMENT "TIERCEL_SOURCE=${CMAKE_CURRENT_SOURCE_DIR}")
