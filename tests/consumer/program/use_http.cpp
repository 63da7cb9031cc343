// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "adapters.hpp"

#include <resil/http/connector.hpp>
#include <resil/http/http.hpp>

resil::error_code use_http()
{
    return borrow(resil::http::connector({.host = "127.0.0.1", .port = 1}));
}
