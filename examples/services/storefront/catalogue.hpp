// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_CATALOGUE_HPP
#define STOREFRONT_CATALOGUE_HPP

#include "cache.hpp"
#include "product_source.hpp"

#include <resil/service/in_flight.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace storefront {

/// The products, as pages need them: at once, and rather old than not at all.
///
/// What is in the memory of this process is the answer. If it has become old, the answer is the same, and it is
/// refreshed in the background: once, however many ask. Only what is not known at all is waited for.
class catalogue
{
public:
    catalogue(boost::asio::any_io_executor const& ex, product_source& source, std::unique_ptr<shared_cache> shared,
              resil::duration fresh_for);

    /// Fills the caches, so that the first page is as fast as all others. Throws `system_error`.
    boost::asio::awaitable<void> warm_up();

    /// Throws `system_error` if nobody knows.
    boost::asio::awaitable<cached> all();

    /// One or none; throws `system_error` if nobody knows.
    boost::asio::awaitable<cached> one(int id);

    /// What is refreshed in the background; a shutdown waits for it.
    resil::service::in_flight const& refreshes() const { return refreshes_; }

private:
    using load = std::function<boost::asio::awaitable<products>()>;

    boost::asio::awaitable<cached> find(std::string key, load from_source);
    boost::asio::awaitable<cached> fetch(std::string key, load from_source);
    boost::asio::awaitable<void> store(std::string key, cached entry);
    boost::asio::awaitable<std::optional<cached>> find_shared(std::string key);
    void refresh_in_background(std::string const& key, load from_source);
    boost::asio::awaitable<void> refresh(std::string key, load from_source, resil::service::in_flight::pass pass);
    bool is_fresh(cached const& entry) const { return entry.age() < fresh_for_; }

    boost::asio::any_io_executor ex_;
    product_source& source_;
    memory_cache memory_;
    std::unique_ptr<shared_cache> shared_;
    resil::duration fresh_for_;
    std::set<std::string, std::less<>> being_refreshed_;
    resil::service::in_flight refreshes_;
};

} // namespace storefront

#endif // STOREFRONT_CATALOGUE_HPP
