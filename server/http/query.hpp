// What stands after '?' in a target, or is the body of an application/x-www-form-urlencoded request: names and values,
// decoded; and the way back. Plain values; any thread.
#pragma once

#include "server/http/flaw.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

struct QueryLimits {
    std::size_t parameters = 100;
    std::size_t text_bytes = 8192;  ///< of one name or value, decoded
};

class Query {
public:
    using Parameter = std::pair<std::string, std::string>;

    /// Splits at '&' and the first '=', decodes %XX and '+' once, skips what is empty between two '&'. A name without
    /// '=' has an empty value. Names and values are UTF-8 without NUL. Refuses all else with 400 bad_query.
    [[nodiscard]] static Judged<Query> parse(std::string_view text, const QueryLimits& limits = {});

    [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

    // Names are compared byte by byte. What these refuse is 422 bad_parameter; the sentence names the parameter and
    // never its value, which may be a key.

    /// The value, null where there is none; lives as long as this. Refuses a parameter that is there more than once:
    /// which one counts would be anybody's guess.
    [[nodiscard]] Judged<const std::string*> one(std::string_view name) const;
    /// All values, in their order.
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
    /// `one` as a decimal number from `least` to `most`.
    [[nodiscard]] Judged<std::optional<std::int64_t>> whole(std::string_view name, std::int64_t least,
                                                            std::int64_t most) const;
    /// `one` as true or false, also written 1 or 0.
    [[nodiscard]] Judged<std::optional<bool>> boolean(std::string_view name) const;
    /// Refuses a parameter that is none of `known`.
    [[nodiscard]] Judged<void> only(std::initializer_list<std::string_view> known) const;

private:
    std::vector<Parameter> parameters_;
};

}  // namespace gatehouse::http
