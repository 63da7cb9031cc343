// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_ENTROPY_IPP
#define RESIL_DETAIL_ENTROPY_IPP

// The bodies of detail/entropy.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::detail {

std::array<std::uint64_t, 2> random_words()
{
    std::array<std::uint64_t, 2> words{};
#if defined(__unix__) || defined(__APPLE__)
    if (::getentropy(words.data(), sizeof(words)) != 0) {
        throw std::system_error(errno, std::generic_category(), "resil: getentropy");
    }
#else
    std::random_device source;
    for (auto& word : words) {
        word = (std::uint64_t(source()) << 32) | source();
    }
#endif
    return words;
}

core::idempotency_key random_key()
{
    auto const words = random_words();
    return core::idempotency_key(words[0], words[1]);
}

} // namespace resil::detail

#endif // RESIL_DETAIL_ENTROPY_IPP
