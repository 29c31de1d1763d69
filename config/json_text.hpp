// JSON as people write it for us: // and /* */ comments and a byte order mark are taken; duplicate members, deep
// nesting and everything else that JSON does not allow are refused. Parsing never throws. Stateless; any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string.h>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

/// Levels of objects and arrays that a text may nest.
inline constexpr std::size_t deepest_json = 32;

/// Wipes memory before it gives it back.
template <class T>
struct WipingAllocator {
    using value_type = T;
    WipingAllocator() = default;
    template <class U>
    WipingAllocator(const WipingAllocator<U>& /*other*/) noexcept {}  // NOLINT(google-explicit-constructor)
    [[nodiscard]] T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) noexcept {
        ::explicit_bzero(static_cast<void*>(memory), count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    template <class U>
    friend bool operator==(const WipingAllocator& /*a*/, const WipingAllocator<U>& /*b*/) {
        return true;
    }
};

/// A JSON document whose strings are wiped when it goes.
using SecretString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;
using SecretJson = nlohmann::basic_json<std::map, std::vector, SecretString, bool, std::int64_t, std::uint64_t, double,
                                        WipingAllocator>;

/// What is wrong with a text, and where.
struct JsonProblem {
    std::string where;  ///< e.g. "line 3, column 7:" or the path of a member
    std::string what;   ///< e.g. "appears twice"; of a syntax error in a secret text it quotes nothing
};

/// The document, or its first problem.
[[nodiscard]] tl::expected<nlohmann::json, JsonProblem> parse_json(std::string_view text);

/// The same for a text that holds secrets.
[[nodiscard]] tl::expected<SecretJson, JsonProblem> parse_secret_json(std::string_view text);

/// The path of `member` in the object at `parent` ("" at the top), e.g. interfaces.clean, interfaces["odd name"]. Long
/// names are cut.
[[nodiscard]] std::string member_path(std::string_view parent, std::string_view member);

/// `text` as JSON writes it, in double quotes, plain ASCII; long ones are cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace gatehouse::config
