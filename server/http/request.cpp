#include "server/http/request.hpp"

#include <array>
#include <utility>

namespace gatehouse::http {

namespace {

constexpr std::array<std::pair<std::string_view, Method>, 6> method_names{{{"GET", Method::get},
                                                                           {"HEAD", Method::head},
                                                                           {"POST", Method::post},
                                                                           {"PUT", Method::put},
                                                                           {"DELETE", Method::delete_},
                                                                           {"OPTIONS", Method::options}}};

}  // namespace

Method method_of(std::string_view text) {
    for (const auto& [known, method] : method_names) {
        if (text == known) return method;
    }
    return Method::other;
}

std::string_view name(Method method) {
    for (const auto& [known, candidate] : method_names) {
        if (candidate == method) return known;
    }
    return {};
}

bool same_name(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (lower_letter(left[i]) != lower_letter(right[i])) return false;
    }
    return true;
}

std::optional<std::string_view> Request::find(std::string_view name) const {
    for (const auto& field : fields) {
        if (same_name(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::string_view Request::parameter(std::string_view name) const {
    for (const auto& [known, text] : parameters) {
        if (known == name) return text;
    }
    return {};
}

}  // namespace gatehouse::http
