// The query of the portal's lists. Plain values; any thread.
#pragma once

#include "server/http/answers.hpp"
#include "server/http/json_body.hpp"
#include "server/http/query.hpp"
#include "server/http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::clean {

struct Page {
    std::string cursor;  ///< empty: the first page
    std::size_t limit = 100;
};

/// Reads parameters into targets that stay as they are where a parameter is missing. What is wrong first is kept.
class Reader {
public:
    explicit Reader(const http::Query& query) : query_(query) {}

    void text(std::string_view name, std::string& target);
    void whole(std::string_view name, std::optional<std::int64_t>& target, std::int64_t least);
    void boolean(std::string_view name, std::optional<bool>& target);
    void page(Page& target);
    /// One of some words.
    template <class Target>
    void choice(std::string_view name, Target& target,
                std::initializer_list<std::pair<std::string_view, typename http::Member<Target>::Value>> choices) {
        const auto word = one(name);
        if (!word) return;
        for (const auto& [known, value] : choices) {
            if (known != *word) continue;
            target = value;
            return;
        }
        refuse(name, "is none of the words that it may be.");
    }

    [[nodiscard]] const std::optional<http::Refusal>& refusal() const { return refusal_; }

private:
    [[nodiscard]] std::optional<std::string_view> one(std::string_view name);
    void refuse(std::string_view name, std::string_view saying);

    const http::Query& query_;
    std::optional<http::Refusal> refusal_;
};

/// Refuses parameters that are none of `known` too. 400 bad_query; 422 bad_parameter.
template <class Value, class Read>
[[nodiscard]] http::Judged<Value> read_query(const http::Request& request,
                                             std::initializer_list<std::string_view> known, Read read) {
    const auto query = http::Query::parse(request.query);
    if (!query) return tl::unexpected<http::Refusal>(query.error());
    if (auto only = query->only(known); !only) return tl::unexpected<http::Refusal>(std::move(only.error()));
    Value value{};
    Reader reader(*query);
    read(reader, value);
    if (reader.refusal()) return tl::unexpected<http::Refusal>(*reader.refusal());
    return value;
}

/// A list that could not be read: 400 cursor_invalid, 422 for what else the query asked wrongly.
[[nodiscard]] http::Response page_refusal(const base::Error& error);

}  // namespace gatehouse::clean
