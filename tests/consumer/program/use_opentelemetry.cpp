// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/opentelemetry/opentelemetry.hpp>
#include <resil/pipeline.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <opentelemetry/metrics/provider.h>
#include <opentelemetry/trace/provider.h>

#include <utility>

/// Completes on the next turn of the loop.
struct turn
{
    boost::asio::io_context& context;

    template <class Token>
    auto operator()(Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(resil::error_code)>(
            [](auto handler, boost::asio::io_context* where) {
                boost::asio::post(*where, [h = std::move(handler)]() mutable {
                    std::move(h)(resil::error_code());
                });
            },
            token, &context);
    }
};

int main()
{
    namespace api = opentelemetry;
    auto const meter = api::metrics::Provider::GetMeterProvider()->GetMeter("consumer");
    resil::pipeline const calls{
        resil::observe{resil::otel::span_observer(
            api::trace::Provider::GetTracerProvider()->GetTracer("consumer"), "main", "turn")},
        resil::observe{resil::otel::metrics_observer(*meter, "main", "turn")}};
    boost::asio::io_context context(1);
    bool done = false;
    calls.async_call(turn{context}, boost::asio::bind_executor(context, [&](resil::error_code ec) {
                         done = !ec;
                     }));
    context.run();
    return done ? 0 : 1;
}
