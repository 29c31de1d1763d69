// JSON as people and programs write it for us: a byte order mark is taken, and comments where they are allowed;
// duplicate members, deep nesting and everything else that JSON does not allow are refused. Parsing never throws.
// Stateless; any thread.
#pragma once

#include "config/secret_json.hpp"

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::config {

enum class Comments {
    taken,  ///< // and /* */
    refused
};

/// What a text may have. As it is, for files that people write.
struct JsonRules {
    std::size_t deepest = 32;  ///< levels of objects and arrays
    Comments comments = Comments::taken;
};

/// What is wrong with a text, and where.
struct JsonProblem {
    enum class Kind { syntax, too_deep, repeated_member };
    Kind kind = Kind::syntax;
    std::string where;    ///< e.g. "line 3, column 7:" or the path of a member
    std::string what;     ///< e.g. "appears twice"; of a syntax error in a secret text it quotes nothing
    std::string pointer;  ///< RFC 6901, to a repeated member
};

/// The document, or its first problem.
[[nodiscard]] tl::expected<nlohmann::json, JsonProblem> parse_json(std::string_view text, const JsonRules& rules = {});

/// The same for a text that holds secrets: no copy of it is left in memory but in the document. Of a text with a syntax
/// error a part may stay, since the parser quotes it to us.
[[nodiscard]] tl::expected<SecretJson, JsonProblem> parse_secret_json(std::string_view text,
                                                                      const JsonRules& rules = {});

/// The path of `member` in the object at `parent` ("" at the top), e.g. interfaces.clean, interfaces["odd name"]. Long
/// names are cut.
[[nodiscard]] std::string member_path(std::string_view parent, std::string_view member);

/// The RFC 6901 pointer to `member` of what `parent` points to, "" at the top.
[[nodiscard]] std::string member_pointer(std::string_view parent, std::string_view member);

/// `text` as JSON writes it, in double quotes, plain ASCII; long ones are cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace gatehouse::config
