# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# Runs PROGRAM, and compares what it prints with what the first comment of SOURCE says.
file(READ ${SOURCE} text)
if(NOT text MATCHES "// Prints:\n//\n((//     [^\n]*\n)+)")
    message(FATAL_ERROR "${SOURCE} does not say what it prints")
endif()
string(REGEX REPLACE "(^|\n)//     " "\\1" expected "${CMAKE_MATCH_1}")
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed RESULT_VARIABLE result)
message("${printed}")
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the program ended with ${result}")
endif()
if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "its first comment says that it prints:\n${expected}")
endif()
