// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_ENVIRONMENT_HPP
#define RESIL_SERVICE_ENVIRONMENT_HPP

#include <resil/core/option_check.hpp>
#include <resil/core/setting_text.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
extern char** environ;
#endif

namespace resil::service {

/// The least and the greatest value of a setting; both are allowed.
template <class T>
struct allowed
{
    T low;  ///< The least.
    T high; ///< The greatest.
};

/// A word, and what it stands for.
template <class T>
struct choice
{
    std::string_view word; ///< As it is written.
    T value;               ///< What it means.
};

/**
 * Reads the settings of a process from its environment, and finds everything that is wrong with them at once.
 *
 * Each question says the name, the default, the range and the meaning of a setting. What cannot be read, or is out of
 * range, is noted, and the default returned; so is a variable with the prefix that nobody asked for: a misspelt setting
 * is one that was not set. A service asks for all of them, then for `ok()`, and ends with `report()` if that is false,
 * before it has done anything. No report quotes a secret.
 *
 * Errors: none; they are noted.
 * Lifetimes: holds copies.
 * Thread safety: none. Do not change the environment meanwhile.
 * Exceptions: `bad_alloc`.
 * Cost: an allocation or two a setting.
 *
 * Example:
 *
 *     resil::service::environment from("SHOP_");
 *     auto const listen = from.address("LISTEN", {"127.0.0.1", 8080}, "where it listens");
 *     auto const workers = from.number("WORKERS", 2, {1, 64}, "processes");
 *     auto const patience = from.time("TIMEOUT", 250ms, {1ms, 1min}, "for one attempt");
 *     auto const database = from.secret("DATABASE", "connection string; empty: products in memory");
 *     if (!from.ok()) {
 *         return from.report(); // every mistake, not only the first
 *     }
 */
class environment
{
public:
    /// Finds a variable by its whole name; nothing if it is not set.
    using lookup = std::function<std::optional<std::string>(std::string const&)>;

    /// Reads the environment of the process: variables whose names begin with `prefix`.
    explicit environment(std::string prefix) : environment(std::move(prefix), of_process(), names_of_process()) {}

    /// Reads something else: what `find` finds, of what is named in `names`.
    environment(std::string prefix, lookup find, std::vector<std::string> names)
        : prefix_(std::move(prefix)), find_(std::move(find)), names_(std::move(names))
    {
    }

    /// Returns a text, as it is.
    std::string text(std::string_view name, std::string const& usual, std::string_view meaning)
    {
        std::optional<std::string> const given = ask(name, usual, "a text", meaning);
        return given.value_or(usual);
    }

    /// Returns a text that is never shown; empty if it is not set.
    std::string secret(std::string_view name, std::string_view meaning)
    {
        return ask(name, "", "a text, never shown", meaning).value_or("");
    }

    /// Returns a number, whole or not, as `usual` is.
    template <class Number>
        requires(std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>)
    Number number(std::string_view name, Number usual, allowed<std::type_identity_t<Number>> range,
                  std::string_view meaning)
    {
        return read(name, usual, between(range), meaning, [&](std::string_view given) {
            return within(core::read_number<Number>(given), range);
        });
    }

    /// Returns a duration, written with its unit: "250ms", "1.5s", "2min"; of ns, us, ms, s, min, h.
    duration time(std::string_view name, duration usual, allowed<duration> range, std::string_view meaning)
    {
        std::string const expected = between(range) + ", with its unit, as in 250ms or 2min";
        return read(name, usual, expected, meaning, [&](std::string_view given) {
            return within(core::read_duration(given), range);
        });
    }

    /// Returns whether something is on: "true", "yes", "on" or "1", or their opposites.
    bool flag(std::string_view name, bool usual, std::string_view meaning)
    {
        std::string const shown = usual ? "true" : "false";
        std::string const expected = "true, yes, on, 1, or false, no, off, 0";
        return take(name, usual, shown, expected, meaning, &core::read_flag);
    }

    /// Returns what a word stands for.
    template <class T>
    T word(std::string_view name, std::string_view usual, std::initializer_list<choice<T>> words,
           std::string_view meaning)
    {
        auto const find = [&](std::string_view given) -> std::optional<T> {
            auto const found = std::find_if(words.begin(), words.end(), [&](auto const& c) { return c.word == given; });
            return found == words.end() ? std::nullopt : std::optional(found->value);
        };
        std::string expected;
        for (choice<T> const& each : words) {
            expected.append(expected.empty() ? "" : ", ").append(each.word);
        }
        return take(name, find(usual).value(), std::string(usual), "one of " + expected, meaning, find);
    }

    /// Returns where something listens: "host:port", or "[address]:port".
    host_and_port address(std::string_view name, host_and_port const& usual, std::string_view meaning)
    {
        std::string const shown = usual.host + ":" + std::to_string(usual.port);
        return take(name, usual, shown, "host:port, or [address]:port", meaning, &core::read_host_and_port);
    }

    /// Returns the same, or nothing if it is not set or empty.
    std::optional<host_and_port> optional_address(std::string_view name, std::string_view meaning)
    {
        using answer = std::optional<host_and_port>;
        auto const find = [](std::string_view given) -> std::optional<answer> {
            answer found = core::read_host_and_port(given);
            if (!given.empty() && !found) {
                return std::nullopt;
            }
            return std::make_optional<answer>(std::move(found));
        };
        return take(name, answer(), "", "host:port, [address]:port, or nothing", meaning, find);
    }

    /// Notes a mistake that only the service can see, as one number that does not fit another.
    void refuse(std::string_view name, std::string_view why)
    {
        mistakes_.push_back(prefix_ + std::string(name) + ": " + std::string(why));
    }

    /// Says whether everything that was asked for could be read, and nothing else is set.
    bool ok() const { return mistakes().empty(); }

    /// Returns everything that is wrong, a line each.
    std::vector<std::string> mistakes() const
    {
        std::vector<std::string> all = mistakes_;
        for (std::string const& name : names_) {
            auto const is_it = [&](asked const& a) { return a.name == name; };
            if (name.starts_with(prefix_) && std::none_of(asked_.begin(), asked_.end(), is_it)) {
                all.push_back(name + ": there is no such setting");
            }
        }
        return all;
    }

    /// Returns the mistakes as a text, and after them all settings.
    std::string report() const
    {
        std::string all = "settings that cannot be used:\n";
        for (std::string const& each : mistakes()) {
            all += "  " + each + "\n";
        }
        return all + "\n" + describe();
    }

    /// Returns all settings that were asked for, with their defaults, ranges and meanings: for `--help`.
    std::string describe() const
    {
        std::string all = "settings, in the environment:\n";
        for (asked const& each : asked_) {
            all += "  " + each.name + "=" + each.usual + "\n      " + each.meaning + "; " + each.expected + "\n";
        }
        return all;
    }

private:
    struct asked
    {
        std::string name;
        std::string usual;
        std::string expected;
        std::string meaning;
    };

    static lookup of_process()
    {
        return [](std::string const& name) -> std::optional<std::string> {
            char const* const value = std::getenv(name.c_str());
            return value ? std::optional<std::string>(value) : std::nullopt;
        };
    }

    static std::vector<std::string> names_of_process()
    {
        std::vector<std::string> names;
#if defined(__unix__) || defined(__APPLE__)
        for (char** each = environ; each && *each; ++each) {
            std::string_view const line(*each);
            names.emplace_back(line.substr(0, line.find('=')));
        }
#endif
        return names;
    }

    template <class T>
    static std::string between(allowed<T> const& range)
    {
        return "between " + core::text(range.low) + " and " + core::text(range.high);
    }

    template <class T>
    static std::optional<T> within(std::optional<T> value, allowed<T> const& range)
    {
        return value && *value >= range.low && *value <= range.high ? value : std::nullopt;
    }

    template <class T, class Reader>
    T read(std::string_view name, T usual, std::string const& expected, std::string_view meaning, Reader const& reader)
    {
        return take(name, usual, core::text(usual), expected, meaning, reader);
    }

    template <class T, class Reader>
    T take(std::string_view name, T usual, std::string const& shown, std::string const& expected,
           std::string_view meaning, Reader const& reader)
    {
        std::optional<std::string> const given = ask(name, shown, expected, meaning);
        if (!given) {
            return usual;
        }
        auto value = reader(std::string_view(*given));
        if (!value) {
            refuse(name, "\"" + given->substr(0, 100) + "\"; expected " + expected);
            return usual;
        }
        return std::move(*value);
    }

    std::optional<std::string> ask(std::string_view name, std::string const& usual, std::string const& expected,
                                   std::string_view meaning)
    {
        std::string whole = prefix_ + std::string(name);
        asked_.push_back({whole, usual, expected, std::string(meaning)});
        return find_(whole);
    }

    std::string const prefix_;
    lookup const find_;
    std::vector<std::string> const names_;
    std::vector<asked> asked_{};
    std::vector<std::string> mistakes_{};
};

} // namespace resil::service

#endif // RESIL_SERVICE_ENVIRONMENT_HPP
