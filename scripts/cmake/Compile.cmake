# tiercel_compile(target): warnings, sanitizers and the floating-point rules of every target of this project.
set(TIERCEL_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wformat=2 -Wundef
    -Wvla -Wpointer-arith -Wwrite-strings -Wswitch-enum -Wnull-dereference)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND TIERCEL_WARNINGS -Wcast-align=strict)
else()
  list(APPEND TIERCEL_WARNINGS -Wcast-align)
endif()

function(tiercel_compile target)
  target_compile_options(${target} PRIVATE ${TIERCEL_WARNINGS} -ffp-contract=off)
  target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
  if(TIERCEL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(TIERCEL_FAULTS)
    target_compile_definitions(${target} PRIVATE TC_WITH_FAULTS)
  endif()
  if(TIERCEL_SANITIZE)
    target_compile_options(${target} PRIVATE -O1 -fsanitize=address,undefined
                           -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
  if(TIERCEL_FUZZ)
    set(sanitizers -fsanitize=fuzzer-no-link,address,undefined)
    target_compile_options(${target} PRIVATE -O1 ${sanitizers} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE ${sanitizers})
  endif()
endfunction()

# tiercel_library(layer folder): the static library tc_<layer> of all sources below a folder.
function(tiercel_library layer folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  add_library(tc_${layer} STATIC ${sources})
  target_include_directories(tc_${layer} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include)
  tiercel_compile(tc_${layer})
endfunction()
