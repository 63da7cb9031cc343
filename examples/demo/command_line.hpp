// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_COMMAND_LINE_HPP
#define RESIL_EXAMPLES_DEMO_COMMAND_LINE_HPP

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace demo {

/// Reads `--name value` and `--name`; says which arguments nobody asked for.
class command_line
{
public:
    command_line(int argc, char const* const* argv)
    {
        for (int i = 1; i < argc; ++i) {
            std::string_view const name = argv[i];
            if (!name.starts_with("--")) {
                throw std::invalid_argument("unexpected argument '" + std::string(name) + "'");
            }
            bool const has_value =
                i + 1 < argc && !std::string_view(argv[i + 1]).starts_with("--");
            values_[std::string(name)] = has_value ? argv[++i] : "";
        }
    }

    bool flag(std::string const& name) { return values_.erase(name) != 0; }

    std::string text(std::string const& name, std::string otherwise)
    {
        auto const found = values_.extract(name);
        if (found && found.mapped().empty()) {
            throw std::invalid_argument(name + " needs a value");
        }
        return found ? found.mapped() : otherwise;
    }

    /// A number of `lowest` or more.
    long long number(std::string const& name, long long otherwise, long long lowest)
    {
        std::string const given = text(name, std::to_string(otherwise));
        std::size_t used = 0;
        long long value = 0;
        try {
            value = std::stoll(given, &used);
        } catch (std::logic_error const&) {
        }
        if (used != given.size() || value < lowest) {
            throw std::invalid_argument(name + " is " + given + ", but must be a number of " +
                                        std::to_string(lowest) + " or more");
        }
        return value;
    }

    /// Throws if there was an argument that has not been asked for.
    void finish() const
    {
        if (!values_.empty()) {
            throw std::invalid_argument("unknown option " + values_.begin()->first);
        }
    }

private:
    std::map<std::string, std::string> values_;
};

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_COMMAND_LINE_HPP
