// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef PDF_DOCUMENT_HPP
#define PDF_DOCUMENT_HPP

#include <string>
#include <string_view>

namespace pdf {

/// Makes a PDF of one page that says `text`.
std::string make_document(std::string_view text);

/// Says whether bytes are a whole PDF, as far as can be seen from outside: its beginning, its end, and that the end points
/// to where its table is.
bool is_whole(std::string_view bytes);

} // namespace pdf

#endif // PDF_DOCUMENT_HPP
