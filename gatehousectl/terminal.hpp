// Who sits in front of the tool, if anybody: asks on the terminal, reads what a script pipes in, knows how wide the
// screen is. Questions go to stderr (to the terminal itself where stderr is none), so that stdout holds nothing but
// answers. Owned by main; its thread.
#pragma once

#include "base/secret.hpp"
#include "gatehousectl/failure.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl {

class Terminal {
public:
    /// Descriptors that stay the caller's: 0, 1 and 2, unless a test has a terminal of its own.
    explicit Terminal(int in = 0, int out = 1, int err = 2) : in_(in), out_(out), err_(err) {}

    /// Somebody can answer: stdin is a terminal.
    [[nodiscard]] bool can_ask() const;
    /// Whether stdout is shown to a person.
    [[nodiscard]] bool shows() const;
    /// Whether stderr is shown to a person.
    [[nodiscard]] bool warns() const;
    /// Columns of the terminal at stdout; 0 where it is none.
    [[nodiscard]] std::size_t width() const;

    /// Asks without showing what is typed. A signal that ends or stops the tool meanwhile leaves the terminal as it
    /// was.
    [[nodiscard]] Outcome<base::Secret> ask_secret(std::string_view question) const;
    /// Asks for a line; "" where the input ends.
    [[nodiscard]] Outcome<std::string> ask(std::string_view question) const;
    /// Only y and yes, in any case, are one.
    [[nodiscard]] Outcome<bool> ask_yes(std::string_view question) const;

    /// One line of stdin without its end, and not a byte more: the rest is there for others.
    [[nodiscard]] Outcome<base::Secret> read_line() const;

private:
    void say(std::string_view text) const;

    int in_;
    int out_;
    int err_;
};

}  // namespace gatehouse::gatehousectl
