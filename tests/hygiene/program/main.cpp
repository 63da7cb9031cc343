// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "use.hpp"

#include <cstddef>
// With second.cpp, a program in which everything of resil is compiled twice: it must exist once.

namespace {

bool is_caught()
{
    try {
        use::throw_from_second();
    } catch (resil::error const& e) {
        return e.code() == resil::errc::circuit_open;
    }
}

} // namespace

int main()
{
    boost::asio::io_context io(1);
    use::seen const here{use::entities(io), use::everything()};
    use::seen const there = use::by_second(io);

    int wrong = 0;
    for (std::size_t i = 0; i < here.entities.size(); ++i) {
        if (here.entities[i] != there.entities[i]) {
            fmt::print("there are two of {}\n", here.entities[i].name);
            ++wrong;
        }
    }
    if (here.told != use::expected || there.told != use::expected) {
        fmt::print("expected\n{}main.cpp was told\n{}second.cpp was told\n{}", use::expected, here.told, there.told);
        ++wrong;
    }
    if (!is_caught()) {
        fmt::print("what second.cpp throws is another error here\n");
        ++wrong;
    }
    fmt::print("{} entities, {} wrong\n", here.entities.size(), wrong);
    return wrong == 0 ? 0 : 1;
}
