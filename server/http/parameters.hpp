// A field value with parameters, as Content-Type and Content-Disposition have it: WHAT; name=value; name="value"
// (RFC 9110 section 5.6.6). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

struct Parameterized {
    std::string value;                                            ///< what stands before the first ';', in lower case
    std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case, quotes taken off the values

    /// Value of the parameter, or null. `name` is in lower case.
    [[nodiscard]] const std::string* find(std::string_view name) const;
};

/// What a backslash in a quoted value does.
enum class Backslash {
    escapes,  ///< makes any character literal (RFC 9110 section 5.6.4)
    of_forms  ///< does so to '"' and '\' alone: a browser that sends a path with backslashes means them
};

/// nullopt: a value or a name is empty, a name is no token, a parameter has no '=' or is there twice, a quote does not
/// end, a control character.
[[nodiscard]] std::optional<Parameterized> parse_parameters(std::string_view field, Backslash backslash);

/// The same of a Content-Type field, whose value must be TYPE/SUBTYPE (RFC 9110 section 8.3.1).
[[nodiscard]] std::optional<Parameterized> parse_media_type(std::string_view field);

}  // namespace gatehouse::http
