#include "server/clean/paging.hpp"

#include <limits>

namespace gatehouse::clean {

void Reader::refuse(std::string_view name, std::string_view saying) {
    constexpr unsigned unprocessable = 422;
    if (refusal_) return;
    refusal_ =
        http::Refusal{unprocessable, "bad_parameter", "The parameter " + std::string(name) + " " + std::string(saying)};
}

std::optional<std::string_view> Reader::one(std::string_view name) {
    if (refusal_) return std::nullopt;
    const auto found = query_.one(name);
    if (!found) {
        refusal_ = found.error();
        return std::nullopt;
    }
    return *found == nullptr ? std::nullopt : std::optional<std::string_view>(**found);
}

void Reader::text(std::string_view name, std::string& target) {
    if (const auto found = one(name)) target = *found;
}

void Reader::whole(std::string_view name, std::optional<std::int64_t>& target, std::int64_t least) {
    if (refusal_) return;
    const auto found = query_.whole(name, least, std::numeric_limits<std::int64_t>::max());
    if (!found) {
        refusal_ = found.error();
    } else if (*found) {
        target = **found;
    }
}

void Reader::boolean(std::string_view name, std::optional<bool>& target) {
    if (refusal_) return;
    const auto found = query_.boolean(name);
    if (!found) {
        refusal_ = found.error();
    } else if (*found) {
        target = **found;
    }
}

void Reader::page(Page& target) {
    constexpr std::int64_t most = 1000;
    text("cursor", target.cursor);
    if (refusal_) return;
    const auto limit = query_.whole("limit", 1, most);
    if (!limit) {
        refusal_ = limit.error();
    } else if (*limit) {
        target.limit = static_cast<std::size_t>(**limit);
    }
}

http::Response page_refusal(const base::Error& error) {
    return error.code == "cursor_invalid" ? http::problem(error) : http::refused(error);
}

}  // namespace gatehouse::clean
