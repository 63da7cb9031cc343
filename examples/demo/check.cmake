# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Runs the demo, shortened (it exits with an error if a promise was broken), and reads its JSON.
get_filename_component(folder ${DEMO} DIRECTORY)
set(json ${folder}/quick.json)
file(REMOVE ${json})
execute_process(COMMAND ${DEMO} --quick --json ${json} --report ${folder}/quick.html
    RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the demo ended with ${result}")
endif()
file(READ ${json} text)
foreach(run unprotected protected)
    foreach(key requests full degraded errors p50_ms p99_ms p999_ms upstream_calls_outage
            recovery_s)
        string(JSON type TYPE "${text}" ${run} ${key})
        string(JSON ${run}_${key} GET "${text}" ${run} ${key})
        if(NOT type STREQUAL "NUMBER")
            message(FATAL_ERROR "${run}.${key} is ${type}, not a number")
        endif()
    endforeach()
    math(EXPR sum "${${run}_full} + ${${run}_degraded} + ${${run}_errors}")
    if(NOT sum EQUAL ${run}_requests)
        message(FATAL_ERROR "${run}: the pages do not add up to the requests")
    endif()
endforeach()
if(NOT unprotected_errors GREATER 0 OR NOT unprotected_degraded EQUAL 0
        OR NOT protected_degraded GREATER 0)
    message(FATAL_ERROR "the outage was not seen: ${text}")
endif()
