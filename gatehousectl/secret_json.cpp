#include "gatehousectl/secret_json.hpp"

#include "base/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace gatehouse::gatehousectl {

namespace {

constexpr std::size_t longest_escape = 6;  // \u001F

// Writes the inside of a JSON string to `to`, which has room for the longest; returns its end.
char* write_escaped(std::string_view text, char* to) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = c;
        } else if (byte < 0x20) {
            constexpr std::string_view begin = "\\u00";
            std::copy(begin.begin(), begin.end(), to);
            to[4] = digits[byte >> 4U];
            to[5] = digits[byte & 0xFU];
            to += longest_escape;
        } else {
            *to++ = c;
        }
    }
    return to;
}

}  // namespace

// Written by hand: a JSON library leaves copies of what it writes.
Outcome<base::Secret> secret_json(const nlohmann::json& others, std::string_view member, const base::Secret& secret) {
    if (!base::is_utf8(secret.reveal())) {
        return refused("secret_not_utf8", "The " + std::string(member) + " is no UTF-8 text.",
                       "Type it in a terminal that speaks UTF-8, or convert the file.");
    }
    std::string before = others.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    before.back() = others.empty() ? ' ' : ',';
    before += "\"" + std::string(member) + "\":\"";
    constexpr std::string_view after = "\"}";

    base::Secret body(before.size() + secret.size() * longest_escape + after.size());
    std::memcpy(body.writable(), before.data(), before.size());
    char* end = write_escaped(secret.reveal(), body.writable() + before.size());
    std::memcpy(end, after.data(), after.size());
    body.shrink(static_cast<std::size_t>(end - body.writable()) + after.size());
    return body;
}

}  // namespace gatehouse::gatehousectl
