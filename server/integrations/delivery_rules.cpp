#include "server/integrations/delivery_rules.hpp"

#include "server/http/date.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace gatehouse::integrations {

namespace {

using std::chrono::milliseconds;
using DeliveryKind = Delivery::Kind;

enum : unsigned {
    unauthorized = 401,
    forbidden_status = 403,
    not_found_status = 404,
    request_timeout = 408,
    content_too_large = 413,
    too_many_requests = 429,
    bad_gateway = 502,
    unavailable_status = 503,
    gateway_timeout = 504
};

DeliveryKind delivery_kind_of(unsigned status) {
    constexpr unsigned hundred = 100;
    if (status / hundred == 2) return DeliveryKind::delivered;
    switch (status) {
        case too_many_requests:
        case bad_gateway:
        case unavailable_status:
        case gateway_timeout:
            return DeliveryKind::away;
        case request_timeout:
            return DeliveryKind::again;
        default:
            return status / hundred == 5 ? DeliveryKind::again : DeliveryKind::refused;
    }
}

// What a person can do about it, behind what the service said.
std::string hint(unsigned status) {
    constexpr unsigned hundred = 100;
    if (status / hundred == 3) return " Redirects are not followed: enter the URL that it leads to.";
    if (status == unauthorized || status == forbidden_status) return " It does not take the user name and password.";
    if (status == not_found_status) return " The URL may be mistyped.";
    if (status == request_timeout) return " The request took it too long to come.";
    if (status == content_too_large)
        return " It takes no body so large, though it is some hundred bytes: look at its limits.";
    if (status == too_many_requests) return " It is told too much at once.";
    if (status / hundred == 5) return " It has trouble of its own: look into its log. Nothing has to be edited here.";
    return "";
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view field, std::int64_t now) {
    const std::int64_t longest = longest_retry_after.count();
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!field.empty() && std::all_of(field.begin(), field.end(), is_digit)) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
        return std::chrono::seconds(error == std::errc() ? std::min(number, longest) : longest);  // else more than fits
    }
    const auto date = http::parse_date(field);
    if (!date) return std::nullopt;
    return std::chrono::seconds(std::clamp<std::int64_t>(*date - now, 0, longest));
}

Delivery delivery_of(unsigned status, std::optional<std::string_view> retry_after, std::int64_t now) {
    Delivery delivery;
    delivery.kind = delivery_kind_of(status);
    if (delivery.kind == DeliveryKind::delivered) return delivery;
    delivery.code = "status";
    delivery.message = "The service answered with status " + std::to_string(status) + "." + hint(status);
    if (delivery.kind != DeliveryKind::refused && retry_after)
        delivery.retry_after = parse_retry_after(*retry_after, now);
    return delivery;
}

milliseconds backed_off(milliseconds first, milliseconds longest, unsigned failures, double random) {
    milliseconds whole = std::min(first, longest);
    for (unsigned i = 1; i < failures && whole < longest; ++i)
        whole = std::min(whole * 2, longest);
    const milliseconds half = whole / 2;
    const double share = std::clamp(random, 0.0, 1.0) * static_cast<double>((whole - half).count());
    return half + milliseconds(static_cast<milliseconds::rep>(share));
}

}  // namespace gatehouse::integrations
