#include "gatehousectl/target.hpp"

namespace gatehouse::gatehousectl {

namespace {

// Percent-encodes all but RFC 3986's unreserved characters.
void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view others = "-._~";
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           others.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 0xFU];
    }
}

}  // namespace

std::string target(std::initializer_list<std::string_view> segments, const Query& query) {
    std::string out = "/api/v1";
    for (const std::string_view segment : segments) {
        out += '/';
        append_encoded(out, segment);
    }
    char before = '?';
    for (const auto& [name, value] : query) {
        if (value.empty()) continue;
        out += before;
        append_encoded(out, name);
        out += '=';
        append_encoded(out, value);
        before = '&';
    }
    return out;
}

}  // namespace gatehouse::gatehousectl
