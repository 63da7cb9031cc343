// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "adapters.hpp"

#include <resil/postgres/postgres.hpp>

resil::error_code use_postgres()
{
    return borrow(resil::postgres::connector(
        {.host = "127.0.0.1", .port = 1, .database = "shop", .user = "app"}));
}
