// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/signatures.hpp"

#include <boost/system/result.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

// Every completion signature: a call succeeds, fails, is repeated, and is ended by resil itself.

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

/// A result that can only be moved, with an error that converts to an `error_code`.
class move_only_result
{
public:
    explicit move_only_result(std::unique_ptr<int> value) : value_(std::move(value)) {}
    explicit move_only_result(error_code ec) : code_(ec) {}

    bool has_value() const noexcept { return value_ != nullptr; }
    error_code error() const noexcept { return code_; }
    int value() const { return *value_; }

private:
    std::unique_ptr<int> value_;
    error_code code_;
};

error_code code_in(std::exception_ptr const& e)
{
    try {
        if (e) {
            std::rethrow_exception(e);
        }
    } catch (boost::system::system_error const& known) {
        return known.code();
    } catch (std::runtime_error const&) {
        return resil::errc::operation_threw;
    }
    return {};
}

std::exception_ptr exception_of(error_code ec)
{
    return ec ? std::make_exception_ptr(boost::system::system_error(ec)) : nullptr;
}

// What a signature's test needs: how the operation completes, and how to read the outcome.

struct only_error
{
    using signature = void(error_code);
    static auto make(error_code ec) { return std::tuple(ec); }
    static error_code read(error_code ec) { return ec; }
};

struct one_value
{
    using signature = void(error_code, int);
    static auto make(error_code ec) { return std::tuple(ec, 7); }
    static error_code read(error_code ec, int v)
    {
        CHECK(v == (ec ? (ec.category() == resil::error_category() ? 0 : 7) : 7));
        return ec;
    }
};

struct move_only_value
{
    using signature = void(error_code, std::unique_ptr<int>);
    static auto make(error_code ec) { return std::tuple(ec, std::make_unique<int>(7)); }
    static error_code read(error_code ec, std::unique_ptr<int> v)
    {
        CHECK((ec || *v == 7));
        return ec;
    }
};

struct three_values
{
    using signature = void(error_code, int, std::string, double);
    static auto make(error_code ec) { return std::tuple(ec, 7, std::string("seven"), 7.5); }
    static error_code read(error_code ec, int a, std::string b, double c)
    {
        CHECK((ec || (a == 7 && b == "seven" && c == 7.5)));
        return ec;
    }
};

struct const_reference
{
    using signature = void(error_code, std::string const&);
    static auto make(error_code ec) { return std::tuple(ec, std::string("seven")); }
    static error_code read(error_code ec, std::string const& s)
    {
        CHECK((ec || s == "seven"));
        return ec;
    }
};

struct const_reference_to_error
{
    using signature = void(error_code const&, int);
    static auto make(error_code ec) { return std::tuple(ec, 7); }
    static error_code read(error_code const& ec, int) { return ec; }
};

struct only_exception
{
    using signature = void(std::exception_ptr);
    static auto make(error_code ec) { return std::tuple(exception_of(ec)); }
    static error_code read(std::exception_ptr e) { return code_in(e); }
};

struct exception_and_value
{
    using signature = void(std::exception_ptr, std::string);
    static auto make(error_code ec) { return std::tuple(exception_of(ec), std::string("seven")); }
    static error_code read(std::exception_ptr e, std::string s)
    {
        CHECK((e || s == "seven"));
        return code_in(e);
    }
};

struct copyable_result
{
    using result = boost::system::result<int>;
    using signature = void(result);
    static auto make(error_code ec) { return std::tuple(ec ? result(ec) : result(7)); }
    static error_code read(result r) { return r ? error_code() : r.error(); }
};

struct moved_result
{
    using signature = void(move_only_result);
    static auto make(error_code ec)
    {
        return std::tuple(ec ? move_only_result(ec)
                             : move_only_result(std::make_unique<int>(7)));
    }
    static error_code read(move_only_result r) { return r.error(); }
};

using signatures =
    std::tuple<only_error, one_value, move_only_value, three_values, const_reference,
               const_reference_to_error, only_exception, exception_and_value, copyable_result,
               moved_result>;

TEMPLATE_LIST_TEST_CASE("a call has its operation's signature, whatever that is",
                        "[contract][signature]", signatures)
{
    signature_world<TestType> w;

    w.succeeds_after(1);
    CHECK(w.call() == error_code());
    CHECK(w.starts == 2);

    w.succeeds_after(100);
    CHECK(w.call() == asio::error::eof);
    CHECK(w.starts == 3);
}

TEMPLATE_LIST_TEST_CASE("a call that resil ends has its operation's signature too",
                        "[contract][signature]", signatures)
{
    signature_world<TestType> w;

    w.hangs();
    CHECK(w.call() == resil::errc::deadline_exceeded);

    w.throws();
    CHECK(w.call() == resil::errc::operation_threw);
}

} // namespace
} // namespace contract
