// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STREAM_COPY_COPIER_HPP
#define STREAM_COPY_COPIER_HPP

#include "checkpoint.hpp"

#include <resil/deadline.hpp>
#include <resil/http/client_pool.hpp>
#include <resil/http/judge_response.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/service/stop_notice.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace stream_copy {

/// What is copied, and how patiently.
struct copy_options
{
    resil::http::endpoint source;
    resil::http::endpoint target;
    std::filesystem::path state;
    std::size_t chunk = 0;             ///< The largest page, in bytes: what is in memory at once.
    resil::duration deadline{};        ///< For a request with all of its attempts.
    resil::duration attempt_timeout{}; ///< For each attempt.
    int max_attempts = 0;
};

/**
 * Copies the pages of an API to objects, one at a time.
 *
 * A page is read, written, and only then noted as done; what was not noted is done again. Reading changes nothing, and to
 * write the same object again is to write it once: PUT is idempotent, so both may be repeated without a key. One page is
 * in memory at a time, however many there are.
 */
class copier
{
public:
    copier(boost::asio::any_io_executor const& ex, copy_options const& options);

    /// Copies until all is done, or it is told to stop. Throws when a request has failed for good.
    boost::asio::awaitable<void> run(resil::service::stop_notice stopping);

    checkpoint const& at() const { return at_; }
    std::uint64_t attempts() const { return attempts_; }

private:
    using policies = resil::pipeline<resil::judged_by<resil::http::judge_response>, resil::deadline, resil::retry,
                                     resil::timeout>;

    boost::asio::awaitable<void> copy_page();
    boost::asio::awaitable<resil::http::string_response> ask(resil::http::client_pool const& peer,
                                                             resil::http::string_request request);

    checkpoint_file const file_;
    resil::http::client_pool source_;
    resil::http::client_pool target_;
    std::size_t const chunk_;
    policies policies_;
    checkpoint at_;
    std::uint64_t attempts_ = 0;
};

} // namespace stream_copy

#endif // STREAM_COPY_COPIER_HPP
