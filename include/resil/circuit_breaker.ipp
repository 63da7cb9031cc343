// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CIRCUIT_BREAKER_IPP
#define RESIL_CIRCUIT_BREAKER_IPP

// The bodies of circuit_breaker.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <utility>

namespace resil::detail {

shared_circuit::shared_circuit(circuit_breaker_options o)
    : name(o.name), machine(numbers_of(o)), lane(machine), generator(random_words()[0]),
      options(std::make_shared<circuit_breaker_options const>(std::move(o)))
{
}

circuit_breaker_options shared_circuit::numbers_of(circuit_breaker_options const& o)
{
    circuit_breaker_options numbers = o;
    numbers.name.clear();
    numbers.listener = nullptr;
    return numbers;
}

} // namespace resil::detail

#endif // RESIL_CIRCUIT_BREAKER_IPP
