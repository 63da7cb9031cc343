// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "adapters.hpp"

#include <resil/http/tls_connection.hpp>

resil::error_code use_http_tls()
{
    return borrow(resil::http::tls_connector({.host = "127.0.0.1", .port = 1}));
}
