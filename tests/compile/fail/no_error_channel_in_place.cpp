// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: the operation has no error channel: its completion signature must be
//     void(error_code, T...), void(std::exception_ptr, T...), or void(R) for an R with
//     has_value() and error()

#include <resil/pipeline.hpp>

#include "operation.hpp"

void call(resil::standard_pipeline const& p)
{
    operation<void(int)>()(resil::with(p, [](int) {}));
}
