// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_LOG_HPP
#define STOREFRONT_LOG_HPP

#include <resil/circuit_breaker.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <string>
#include <string_view>

namespace storefront {

/// One line on standard error, which is where containers are read from; one write, so that processes do not mix.
inline void log(std::string_view message)
{
    auto const line = fmt::format("storefront[{}]: {}\n", ::getpid(), message);
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, line.data(), line.size());
}

/// Tells the log when a circuit breaker opens and closes.
inline auto log_circuit(std::string name)
{
    return [name](resil::circuit_event const& e) { log(fmt::format("circuit of {}: {}", name, to_string(e.to))); };
}

} // namespace storefront

#endif // STOREFRONT_LOG_HPP
