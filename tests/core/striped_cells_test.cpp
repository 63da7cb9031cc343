// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/striped_cells.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>

using resil::core::striped_cells;
using resil::core::thread_slot;

TEST_CASE("a thread keeps the number that it was given", "[striped_cells]")
{
    std::size_t const mine = thread_slot::mine();
    CHECK(mine < thread_slot::count);
    CHECK(thread_slot::mine() == mine);
}

TEST_CASE("cells begin with zero, and are sums of all stripes", "[striped_cells]")
{
    striped_cells cells(3);
    CHECK(cells.sum(0) == 0);
    CHECK(cells.max(2) == 0);

    cells.mine().add(0, 5);
    cells.mine().add(0, 7);
    cells.shared().add(0, 100);
    cells.mine().add(1, 1);

    CHECK(cells.sum(0) == 112);
    CHECK(cells.sum(1) == 1);
    CHECK(cells.sum(2) == 0);
}

TEST_CASE("a cell that is raised holds the largest number", "[striped_cells]")
{
    striped_cells cells(1);
    cells.mine().raise(0, 5);
    cells.mine().raise(0, 3);
    CHECK(cells.max(0) == 5);
    cells.shared().raise(0, 9);
    cells.mine().raise(0, 8);
    CHECK(cells.max(0) == 9);
}
