// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "document.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace pdf {

namespace {

constexpr std::string_view beginning = "%PDF-1.4\n";
constexpr std::string_view before_offset = "startxref\n";
constexpr std::string_view ending = "\n%%EOF\n";

/// Text stands in brackets, in which a backslash escapes.
std::string escaped(std::string_view text)
{
    std::string result;
    for (char const c : text) {
        if (c == '(' || c == ')' || c == '\\') {
            result += '\\';
        }
        result += c >= ' ' && c <= '~' ? c : '?';
    }
    return result;
}

std::string ten_digits(std::size_t number)
{
    std::string const digits = std::to_string(number);
    return std::string(10 - digits.size(), '0') + digits;
}

} // namespace

std::string make_document(std::string_view text)
{
    std::string const drawing = "BT /F1 24 Tf 72 720 Td (" + escaped(text) + ") Tj ET";
    std::array<std::string, 5> const objects{
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        "<< /Length " + std::to_string(drawing.size()) + " >>\nstream\n" + drawing + "\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    };
    std::string document(beginning);
    std::string table = "xref\n0 6\n0000000000 65535 f \n";
    for (std::size_t i = 0; i != objects.size(); ++i) {
        table += ten_digits(document.size()) + " 00000 n \n";
        document += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
    }
    std::string const offset = std::to_string(document.size());
    document += table + "trailer\n<< /Size 6 /Root 1 0 R >>\n";
    return document.append(before_offset).append(offset).append(ending);
}

bool is_whole(std::string_view bytes)
{
    std::size_t const mark = bytes.rfind(before_offset);
    if (!bytes.starts_with(beginning) || !bytes.ends_with(ending) || mark == bytes.npos) {
        return false;
    }
    std::string_view const rest = bytes.substr(mark + before_offset.size());
    std::size_t offset = 0;
    auto const [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), offset);
    bool const is_number = ec == std::errc() && rest.substr(static_cast<std::size_t>(end - rest.data())) == ending;
    return is_number && offset < bytes.size() && bytes.substr(offset).starts_with("xref\n");
}

} // namespace pdf
