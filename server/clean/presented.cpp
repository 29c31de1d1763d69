#include "server/clean/presented.hpp"

#include <string_view>
#include <utility>

namespace gatehouse::clean {

namespace {

using http::Judged;

constexpr unsigned unauthorized = 401;
constexpr std::size_t most_bytes = 1024;  // of a key, an id or a secret: longer ones are nobody's

tl::unexpected<http::Refusal> refuse(std::string_view code, std::string_view detail) {
    return tl::unexpected<http::Refusal>({unauthorized, std::string(code), std::string(detail)});
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

Judged<void> take_authorization(std::string_view field, Presented& presented) {
    const auto space = field.find(' ');
    const auto scheme = field.substr(0, space);
    const auto rest = space == std::string_view::npos ? std::string_view() : without_blanks(field.substr(space + 1));
    if (http::same_name(scheme, "bearer") && !rest.empty()) {
        presented.key.emplace(rest.substr(0, most_bytes));
    } else if (http::same_name(scheme, "device")) {
        const auto colon = rest.find(':');
        if (colon == std::string_view::npos || colon == 0 || rest.size() > most_bytes)
            return refuse("bad_authorization", "A device says who it is by Authorization: Device ID:SECRET.");
        presented.device.emplace(DeviceProof{std::string(rest.substr(0, colon)), base::Secret(rest.substr(colon + 1))});
    }
    return {};
}

}  // namespace

Judged<Presented> presented_by_header(const http::Request& request) {
    Presented presented;
    for (const auto& field : request.fields) {
        if (!http::same_name(field.name, "Authorization")) continue;
        Presented one;
        if (auto taken = take_authorization(field.value, one); !taken)
            return tl::unexpected<http::Refusal>(std::move(taken.error()));
        if (one.key && presented.key && !presented.key->equals(one.key->reveal()))
            return refuse("keys_differ", "The request holds two different API keys.");
        if (one.key) presented.key = std::move(one.key);
        if (one.device && presented.device) return refuse("bad_authorization", "The request names two devices.");
        if (one.device) presented.device = std::move(one.device);
    }
    return presented;
}

Judged<Presented> presented_by(const http::Request& request, const Arguments& arguments) {
    auto presented = presented_by_header(request);
    if (!presented) return presented;
    for (const std::string_view key : arguments.all("api_key")) {
        if (key.empty()) continue;
        if (presented->key && !presented->key->equals(key))
            return refuse("keys_differ", "The request holds two different API keys.");
        presented->key.emplace(key.substr(0, most_bytes));
    }
    return presented;
}

}  // namespace gatehouse::clean
