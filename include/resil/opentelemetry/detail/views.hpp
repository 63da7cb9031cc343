// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_DETAIL_VIEWS_HPP
#define RESIL_OPENTELEMETRY_DETAIL_VIEWS_HPP

#include <resil/config.hpp>

#include <opentelemetry/common/attribute_value.h>
#include <opentelemetry/nostd/string_view.h>

#include <initializer_list>
#include <string_view>
#include <utility>

namespace resil::otel::detail {

/// Returns a view as OpenTelemetry wants it.
inline ::opentelemetry::nostd::string_view view(std::string_view text) noexcept
{
    return {text.data(), text.size()};
}

using attributes = std::initializer_list<
    std::pair<::opentelemetry::nostd::string_view, ::opentelemetry::common::AttributeValue>>;

} // namespace resil::otel::detail

#endif // RESIL_OPENTELEMETRY_DETAIL_VIEWS_HPP
