// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/tls_connection.hpp> // self-contained

#include "http/client_support.hpp"

#include <resil/connection_fault.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <catch2/catch_test_macros.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>

using namespace client_support;
namespace ssl = asio::ssl;

namespace {

using resil::http::tls_client_pool;
using resil::http::tls_connector;
using resil::http::tls_transport;

/// A certificate that vouches for itself, and its key.
struct identity
{
    std::string certificate;
    std::string key;
};

template <class Write>
std::string pem(Write write)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> const out(BIO_new(BIO_s_mem()), &BIO_free);
    REQUIRE(write(out.get()) == 1);
    char* data = nullptr;
    long const size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

identity identity_of(char const* alternative_name)
{
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const key(EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> const made(X509_new(), &X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>("tests"), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> const names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name),
        &X509_EXTENSION_free);
    X509_add_ext(made.get(), names.get(), -1);
    REQUIRE(X509_sign(made.get(), key.get(), EVP_sha256()) != 0);
    return {pem([&](BIO* out) { return PEM_write_bio_X509(out, made.get()); }),
            pem([&](BIO* out) {
                return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr,
                                                nullptr);
            })};
}

/// A TLS server in front of a script's text: answers `times` requests of each connection, then
/// cuts it, with or without a goodbye.
class tls_server
{
public:
    tls_server(asio::io_context& context, identity const& who, int times)
        : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), times_(times)
    {
        tls_.use_certificate_chain(asio::buffer(who.certificate));
        tls_.use_private_key(asio::buffer(who.key), ssl::context::pem);
        asio::co_spawn(context, accept_all(), asio::detached);
    }

    resil::http::endpoint endpoint(std::string host = "localhost") const
    {
        return {.host = std::move(host), .port = acceptor_.local_endpoint().port()};
    }

    std::size_t accepted = 0;
    std::string name_told;

private:
    using stream = ssl::stream<tcp::socket>;

    asio::awaitable<void> accept_all()
    {
        for (;;) {
            auto const s = std::make_shared<stream>(
                co_await acceptor_.async_accept(asio::use_awaitable), tls_);
            ++accepted;
            asio::co_spawn(acceptor_.get_executor(), serve(s), asio::detached);
        }
    }

    asio::awaitable<void> serve(std::shared_ptr<stream> s)
    {
        co_await s->async_handshake(stream::server, asio::use_awaitable);
        char const* const told =
            SSL_get_servername(s->native_handle(), TLSEXT_NAMETYPE_host_name);
        name_told = told != nullptr ? told : "";
        std::string bytes;
        for (int i = 0;; ++i) {
            std::size_t const size = co_await asio::async_read_until(
                *s, asio::dynamic_buffer(bytes), "\r\n\r\n", asio::use_awaitable);
            bytes.erase(0, size);
            if (i == times_) {
                s->next_layer().close();
                co_return;
            }
            co_await asio::async_write(*s, asio::buffer(ok("secret")), asio::use_awaitable);
        }
    }

    tcp::acceptor acceptor_;
    ssl::context tls_{ssl::context::tls_server};
    int times_;
};

tls_connector trusting(identity const& who, resil::http::endpoint where)
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    context->add_certificate_authority(asio::buffer(who.certificate));
    return tls_connector(std::move(where), tls_transport(context));
}

tls_client_pool pool_to(asio::io_context& context, std::shared_ptr<ssl::context> trusted,
                        resil::http::endpoint server)
{
    //[http_tls_pool
    resil::http::tls_transport const over(trusted); // or {}: whom the system trusts
    resil::http::tls_client_pool const payments(
        context, resil::http::tls_connector(std::move(server), over));
    //]
    return payments;
}

outcome request(asio::io_context& context, tls_client_pool const& near,
                string_request message = get())
{
    outcome seen;
    near.async_request(std::move(message), seen.handler());
    run_until(context, [&] { return seen.over; });
    return seen;
}

} // namespace

TEST_CASE("TLS: a verified connection is kept, and the peer is told its name",
          "[http][client][tls]")
{
    asio::io_context context;
    identity const who = identity_of("DNS:localhost");
    tls_server far(context, who, 3);
    tls_client_pool const near(context, trusting(who, far.endpoint()));
    for (int i = 0; i != 3; ++i) {
        CHECK(request(context, near).answer.body() == "secret");
    }
    CHECK(far.accepted == 1);
    CHECK(far.name_told == "localhost");
}

TEST_CASE("TLS: a peer that nobody vouches for is refused at once", "[http][client][tls]")
{
    asio::io_context context;
    tls_server far(context, identity_of("DNS:localhost"), 1);
    SECTION("trusted by somebody else")
    {
        tls_client_pool const near(
            context, trusting(identity_of("DNS:localhost"), far.endpoint()));
        CHECK(request(context, near).ec.category() == asio::error::get_ssl_category());
    }
    SECTION("not trusted by the system")
    {
        tls_client_pool const near(context, far.endpoint());
        CHECK(request(context, near).ec.category() == asio::error::get_ssl_category());
    }
    CHECK(far.accepted == 1); // permanent: not tried again
}

TEST_CASE("TLS: a peer with another's name is refused at once", "[http][client][tls]")
{
    asio::io_context context;
    identity const who = identity_of("DNS:elsewhere.example");
    tls_server far(context, who, 1);
    tls_client_pool const near(context, trusting(who, far.endpoint()));
    CHECK(request(context, near).ec.category() == asio::error::get_ssl_category());
}

TEST_CASE("TLS: an address is verified, and not told", "[http][client][tls]")
{
    asio::io_context context;
    identity const who = identity_of("IP:127.0.0.1");
    tls_server far(context, who, 1);
    tls_client_pool const near(context, trusting(who, far.endpoint("127.0.0.1")));
    CHECK(request(context, near).answer.body() == "secret");
    CHECK(far.name_told.empty());
}

TEST_CASE("T41: over TLS, where the peer closes without a goodbye", "[http][client][tls]")
{
    asio::io_context context;
    identity const who = identity_of("DNS:localhost");
    tls_server far(context, who, 1);
    tls_client_pool const near(context, trusting(who, far.endpoint()));
    CHECK_FALSE(request(context, near).ec);
    CHECK(request(context, near).answer.body() == "secret"); // sent again
    CHECK(far.accepted == 2);
    outcome const once = request(context, near, post());
    CHECK(trusting(who, far.endpoint()).classify(once.ec) ==
          resil::connection_fault::disconnected);
    CHECK(far.accepted == 2);
}

TEST_CASE("TLS: a client trusts whom its context trusts", "[http][client][tls]")
{
    asio::io_context context;
    identity const who = identity_of("DNS:localhost");
    tls_server far(context, who, 1);
    auto const trusted = std::make_shared<ssl::context>(ssl::context::tls_client);
    trusted->add_certificate_authority(asio::buffer(who.certificate));
    CHECK(request(context, pool_to(context, trusted, far.endpoint())).answer.body() == "secret");
}
