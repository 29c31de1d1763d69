#include "server/net/https_request.hpp"

#include "config/json_text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace gatehouse::net {

namespace {

tl::unexpected<base::Error> invalid_request(const std::string& why) {
    return base::fail(base::ErrorKind::input, "request_invalid", why);
}

// RFC 9110, 5.6.2
bool is_token(std::string_view text) {
    const auto fits = [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return letter || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

std::string in_small_letters(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

bool is_clients_own(const std::string& small_name) {
    constexpr std::array<std::string_view, 12> own{
        "host",   "user-agent", "content-length", "transfer-encoding", "connection",       "keep-alive",
        "expect", "te",         "trailer",        "upgrade",           "proxy-connection", "proxy-authorization"};
    return std::find(own.begin(), own.end(), small_name) != own.end();
}

base::Secret joined_secret(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts)
        size += part.size();
    base::Secret whole(size);
    char* at = whole.writable();
    for (const std::string_view part : parts)
        at = std::copy(part.begin(), part.end(), at);
    return whole;
}

base::Result<void> check_credentials(const BasicCredentials& credentials) {
    const std::string& user = credentials.user;
    if (user.find(':') != std::string::npos || !is_field_value(user) || user.find('\t') != std::string::npos)
        return invalid_request("A user name for HTTP holds no colon and no control characters.");
    if (!is_field_value(credentials.password.reveal()))
        return invalid_request("A password for HTTP holds no control characters.");
    return {};
}

}  // namespace

base::Result<void> check(const HttpsRequest& request) {
    if (!is_token(request.method)) return invalid_request(config::in_quotes(request.method) + " is no method.");
    // Url is a plain value: who made it may not have parsed it.
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    const bool sound_target = request.url.target.starts_with('/') &&
                              std::all_of(request.url.target.begin(), request.url.target.end(), visible) &&
                              std::all_of(request.url.host.begin(), request.url.host.end(), visible);
    if (!sound_target || request.url.host.empty() || request.url.port == 0)
        return invalid_request("The URL is no URL to call.");
    for (const Field& field : request.fields) {
        const std::string name = in_small_letters(field.name);
        if (!is_token(name)) return invalid_request(config::in_quotes(field.name) + " is no name of a field.");
        if (!is_field_value(field.value))
            return invalid_request("The value of the field " + field.name + " holds a line break or the like.");
        if (is_clients_own(name) || (name == "authorization" && request.credentials))
            return invalid_request("The field " + field.name + " is set by the client itself.");
    }
    if (!request.credentials) return {};
    return check_credentials(*request.credentials);
}

bool is_repeatable(const HttpsRequest& request) {
    constexpr std::array<std::string_view, 6> idempotent{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
    return request.repeatable || std::find(idempotent.begin(), idempotent.end(), request.method) != idempotent.end();
}

namespace {

base::Secret basic_authorization(const BasicCredentials& credentials) {
    const base::Secret plain = joined_secret({credentials.user, ":", credentials.password.reveal()});
    base::Secret encoded((plain.size() + 2) / 3 * 4 + 1);  // with the NUL that OpenSSL writes
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.writable()),
                        reinterpret_cast<const unsigned char*>(plain.reveal().data()), static_cast<int>(plain.size()));
    encoded.shrink(static_cast<std::size_t>(std::max(size, 0)));
    return joined_secret({"Basic ", encoded.reveal()});
}

}  // namespace

base::Secret bytes_of(const HttpsRequest& request) {
    std::string head = request.method + " " + request.url.target + " HTTP/1.1\r\nHost: " + request.url.authority() +
                       "\r\nUser-Agent: Gatehouse\r\n";
    for (const Field& field : request.fields)
        head += field.name + ": " + field.value + "\r\n";
    const bool has_content = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (has_content || !request.body.empty()) head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    if (!request.credentials) return joined_secret({head, "\r\n", request.body});
    const base::Secret authorization = basic_authorization(*request.credentials);
    return joined_secret({head, "Authorization: ", authorization.reveal(), "\r\n\r\n", request.body});
}

}  // namespace gatehouse::net
