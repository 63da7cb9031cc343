// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_LOG_HPP
#define STOREFRONT_LOG_HPP

#include <fmt/format.h>

#include <unistd.h>

#include <string_view>

namespace storefront {

/// One line on standard error, which is where containers are read from; one write, so that processes do not mix.
inline void log(std::string_view message)
{
    auto const line = fmt::format("storefront[{}]: {}\n", ::getpid(), message);
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace storefront

#endif // STOREFRONT_LOG_HPP
