// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "use.hpp"

namespace use {

seen by_second(asio::io_context& io)
{
    return {entities(io), everything()};
}

void throw_from_second()
{
    throw resil::error(resil::failure({.code = resil::errc::circuit_open}));
}

} // namespace use
