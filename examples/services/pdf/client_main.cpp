// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "document.hpp"
#include "document_client.hpp"

#include <resil/service/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

struct settings
{
    pdf::client_options client;
    int orders;
    fs::path folder;
};

settings ask(resil::service::environment& from)
{
    settings s;
    auto const server = from.address("SERVER", {"127.0.0.1", 8081}, "who makes documents");
    s.client.server = {.host = server.host, .port = server.port};
    s.orders = from.number("ORDERS", 100, {1, 10'000'000}, "how many documents are wanted");
    s.folder = from.text("FOLDER", "documents", "where they go; what is there already is not ordered again");
    s.client.connections = from.number<std::size_t>("CONCURRENCY", 8, {1, 1000}, "orders at a time");
    s.client.deadline = from.time("DEADLINE", 60s, {1ms, 24h}, "for an order");
    s.client.attempt_timeout = from.time("ATTEMPT_TIMEOUT", 2s, {1ms, 1h}, "for each attempt");
    s.client.max_attempts = from.number("MAX_ATTEMPTS", 20, {1, 1000}, "for an order");
    return s;
}

/// Orders what is not there yet, and counts.
class errand
{
public:
    errand(asio::io_context& context, settings const& s)
        : client_(context.get_executor(), s.client), orders_(s.orders), folder_(s.folder)
    {
        fs::create_directories(folder_);
        for (std::size_t i = 0; i != s.client.connections; ++i) {
            asio::co_spawn(context, run(), asio::detached);
        }
    }

    int report() const
    {
        auto const ordered = static_cast<std::size_t>(made_ + failed_);
        fmt::print("documents {}, there already {}, failed {}, attempts {}, retries {}\n", made_, found_, failed_,
                   client_.attempts(), client_.attempts() - ordered);
        return failed_ == 0 ? 0 : 1;
    }

private:
    asio::awaitable<void> run()
    {
        while (next_ < orders_) {
            int const number = ++next_;
            fs::path const file = folder_ / (std::to_string(number) + ".pdf");
            if (fs::exists(file)) {
                ++found_;
            } else {
                co_await fetch(number, file);
            }
        }
    }

    asio::awaitable<void> fetch(int number, fs::path file)
    {
        try {
            std::string const key = "order-" + std::to_string(number);
            std::string const document = co_await client_.order(key, "order " + std::to_string(number));
            write(file, document);
            ++made_;
        } catch (std::exception const& e) {
            fmt::print(stderr, "order {}: {}\n", number, e.what());
            ++failed_;
        }
    }

    /// Under another name first: what has the right name is whole.
    static void write(fs::path const& file, std::string const& document)
    {
        fs::path const unfinished = file.string() + ".part";
        std::ofstream out(unfinished, std::ios::binary);
        out << document;
        out.close();
        if (!out) {
            throw std::runtime_error("cannot write " + unfinished.string());
        }
        fs::rename(unfinished, file);
    }

    pdf::document_client client_;
    int const orders_;
    fs::path const folder_;
    int next_ = 0;
    int made_ = 0;
    int found_ = 0;
    int failed_ = 0;
};

} // namespace

int main(int argc, char** argv)
try {
    resil::service::environment from("PDF_CLIENT_");
    settings const s = ask(from);
    if (argc > 1 && std::string_view(argv[1]) == "--help") {
        fmt::print("pdf_client: orders documents, and never pays twice\n\n{}", from.describe());
        return 0;
    }
    if (!from.ok()) {
        fmt::print(stderr, "pdf_client: {}", from.report());
        return 2;
    }
    asio::io_context context;
    errand todo(context, s);
    context.run();
    return todo.report();
} catch (std::exception const& e) {
    fmt::print(stderr, "pdf_client: {}\n", e.what());
    return 1;
}
