# Programs that measure a part alone: tests/bench/bench_*.c, built with the tests or with TIERCEL_BENCH.
file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/bench/bench_*.c)
foreach(source ${benches})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE tc_stage)
  tiercel_compile(${name})
endforeach()
# The roof of arithmetic is that of fused multiply-adds.
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/tests/bench/bench_kmeans.c PROPERTIES COMPILE_OPTIONS -ffp-contract=fast)
