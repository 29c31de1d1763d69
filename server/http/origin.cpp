#include "server/http/origin.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::http {

namespace {

struct Authority {
    std::string_view host;
    std::string_view port;
};

// "host", "host:port", "[address]:port"; without a port, or with an empty one, it is that of https.
Authority split(std::string_view authority) {
    constexpr std::string_view https_port = "443";
    const auto colon = authority.rfind(':');
    const auto bracket = authority.rfind(']');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
        return {authority, https_port};
    }
    const auto port = authority.substr(colon + 1);
    return {authority.substr(0, colon), port.empty() ? https_port : port};
}

bool is_own(std::string_view origin, std::string_view host) {
    constexpr std::string_view scheme = "https://";
    if (!origin.starts_with(scheme) || host.empty()) return false;
    const auto [origin_host, origin_port] = split(origin.substr(scheme.size()));
    const auto [own_host, own_port] = split(host);
    return same_name(origin_host, own_host) && origin_port == own_port;
}

}  // namespace

Provenance provenance(const Request& request) {
    bool told = false;
    for (const auto& field : request.fields) {
        if (same_name(field.name, "Origin")) {
            if (!is_own(field.value, request.host)) return Provenance::foreign;
            told = true;
        } else if (same_name(field.name, "Sec-Fetch-Site")) {
            if (field.value != "same-origin") return Provenance::foreign;
            told = true;
        }
    }
    return told ? Provenance::same_origin : Provenance::untold;
}

bool changes_state(Method method) {
    return method != Method::get && method != Method::head && method != Method::options;
}

Judged<void> judge_origin(const Request& request) {
    if (!changes_state(request.method)) return {};
    switch (provenance(request)) {
        case Provenance::same_origin:
            return {};
        case Provenance::foreign:
            return refuse(Flaw::origin_foreign);
        case Provenance::untold:
            break;
    }
    return refuse(Flaw::origin_untold);
}

}  // namespace gatehouse::http
