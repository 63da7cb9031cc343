# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

# The target resil::resil_compiled: what is no template, compiled once instead of in every source file; see resil/src.hpp.
# Nobody builds it who does not link it, unless RESIL_COMPILED has it built and installed.
set(source ${PROJECT_BINARY_DIR}/resil_compiled.cpp)
file(CONFIGURE OUTPUT ${source} CONTENT "#include <resil/src.hpp>\n" @ONLY)
add_library(resil_compiled STATIC ${source})
add_library(resil::resil_compiled ALIAS resil_compiled)
target_link_libraries(resil_compiled PUBLIC resil)
target_compile_definitions(resil_compiled PUBLIC RESIL_SEPARATE_COMPILATION)
if(NOT RESIL_COMPILED)
    set_target_properties(resil_compiled PROPERTIES EXCLUDE_FROM_ALL TRUE)
endif()
