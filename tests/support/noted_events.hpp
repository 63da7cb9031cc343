// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_NOTED_EVENTS_HPP
#define RESIL_TESTS_SUPPORT_NOTED_EVENTS_HPP

#include <resil/event.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// An observer that writes down each event as a short line; copies share the lines.
class noted_events
{
public:
    std::vector<std::string> lines() const { return *lines_; }
    std::vector<std::string> names() const { return *names_; }

    void operator()(resil::call_started const& e) const { add(e.pipeline, "call"); }

    void operator()(resil::attempt_started const& e) const
    {
        add(e.pipeline, "attempt " + std::to_string(e.attempt));
    }

    void operator()(resil::attempt_succeeded const& e) const
    {
        add(e.pipeline, "succeeded " + std::to_string(e.attempt));
    }

    void operator()(resil::attempt_failed const& e) const
    {
        add(e.pipeline, "failed " + std::to_string(e.attempt) + ' ' + text(e.code) + ' ' +
                            std::string(to_string(e.verdict)));
    }

    void operator()(resil::retry_scheduled const& e) const
    {
        add(e.pipeline, "retry " + std::to_string(e.attempt) + ' ' +
                            std::to_string(e.delay / std::chrono::milliseconds(1)) + "ms " +
                            text(e.code));
    }

    void operator()(resil::retry_abandoned const& e) const
    {
        add(e.pipeline, "abandoned " + std::to_string(e.attempt) + ' ' + text(e.reason) + ' ' +
                            text(e.code));
    }

    void operator()(resil::rejected const& e) const
    {
        add(e.pipeline,
            "rejected by " + std::string(e.policy) + ' ' + text(e.reason) + ' ' + text(e.code));
    }

    void operator()(resil::expired const& e) const
    {
        add(e.pipeline, "expired " + text(e.code));
    }

    void operator()(resil::fallback_used const& e) const
    {
        add(e.pipeline, "fallback " + text(e.reason) + ' ' + text(e.code));
    }

    void operator()(resil::call_ended const& e) const
    {
        add(e.pipeline,
            "ended " + text(e.code) + ' ' + text(e.reason) + ' ' + std::to_string(e.attempts));
    }

private:
    static std::string text(resil::error_code ec) { return ec.to_string(); }
    static std::string text(resil::reason why) { return std::string(to_string(why)); }

    void add(std::string_view name, std::string line) const
    {
        names_->emplace_back(name);
        lines_->push_back(std::move(line));
    }

    std::shared_ptr<std::vector<std::string>> lines_ =
        std::make_shared<std::vector<std::string>>();
    std::shared_ptr<std::vector<std::string>> names_ =
        std::make_shared<std::vector<std::string>>();
};

} // namespace support

#endif // RESIL_TESTS_SUPPORT_NOTED_EVENTS_HPP
