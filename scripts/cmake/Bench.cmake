# Programs that measure a part alone: tests/bench/bench_*.c, serial, built with the tests or with TIERCEL_BENCH.
file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/bench/bench_*.c)
foreach(source ${benches})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE tc_stage)
  tiercel_compile(${name})
endforeach()
