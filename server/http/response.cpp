#include "server/http/response.hpp"

#include "server/http/framing.hpp"
#include "server/http/request.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <unistd.h>
#include <utility>

namespace gatehouse::http {

namespace {

// Sorted by status.
constexpr std::array<std::pair<unsigned, std::string_view>, 47> reasons{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
}};

// What an error's kind alone does not say: another status, and how many seconds from now it is worth another attempt.
struct Particular {
    std::string_view code;
    unsigned status;
    std::string_view retry_after;  // empty: nobody knows
};
constexpr std::array<Particular, 6> particulars{{
    {"busy", 503, "2"},
    {"database_busy", 503, "2"},
    {"disk_full", 507, ""},
    {"quota_reached", 507, ""},
    {"too_many_changes", 429, "1"},
    {"too_many_devices", 429, "60"},
}};

const Particular* particular_of(std::string_view code) {
    const auto* const found =
        std::find_if(particulars.begin(), particulars.end(), [&](const auto& one) { return one.code == code; });
    return found == particulars.end() ? nullptr : found;
}

void append_number(std::uint64_t value, std::string& out) {
    std::array<char, 20> digits{};
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), result.ptr);
}

void append_clean(std::string_view text, std::string& out) {
    while (true) {
        const auto control = find_control(text);
        out.append(text.substr(0, control));
        if (control == text.size()) return;
        out.push_back(' ');
        text.remove_prefix(control + 1);
    }
}

void append_status_line(unsigned status, std::string& out) {
    if (status == 200) {
        out.append("HTTP/1.1 200 OK\r\n");
        return;
    }
    out.append("HTTP/1.1 ");
    append_number(status, out);
    out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

OpenFile::~OpenFile() {
    ::close(descriptor_);
}

ssize_t OpenFile::read(std::uint64_t at, std::span<char> into) const {
    ssize_t got = 0;
    do {
        got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(at));
    } while (got < 0 && errno == EINTR);
    return got;
}

std::uint64_t body_size(const Body& body) {
    if (const auto* text = std::get_if<std::string>(&body)) return text->size();
    if (const auto* shared = std::get_if<SharedBody>(&body)) return *shared == nullptr ? 0 : (*shared)->size();
    if (const auto* file = std::get_if<FileBody>(&body)) return file->size;
    return 0;
}

void drop_body(Response& response) {
    const bool has_size = !std::holds_alternative<std::monostate>(response.body) &&
                          !std::holds_alternative<std::shared_ptr<Stream>>(response.body);
    if (!response.declared_size && has_size) response.declared_size = body_size(response.body);
    response.body = std::monostate();
}

std::string_view text_of(const Body& body) {
    if (const auto* own = std::get_if<std::string>(&body)) return *own;
    const auto* shared = std::get_if<SharedBody>(&body);
    return shared != nullptr && *shared != nullptr ? std::string_view(**shared) : std::string_view();
}

std::string_view reason_phrase(unsigned status) {
    const auto found = std::lower_bound(reasons.begin(), reasons.end(), status,
                                        [](const auto& reason, unsigned sought) { return reason.first < sought; });
    return found != reasons.end() && found->first == status ? found->second : std::string_view();
}

void write_head(const Response& response, bool keep_alive, std::string_view date, std::string& out) {
    append_status_line(response.status, out);
    for (const auto& [name, value] : response.fields) {
        append_clean(name, out);
        out.append(": ");
        append_clean(value, out);
        out.append("\r\n");
    }
    if (response.prepared != nullptr) out.append(*response.prepared);
    if (response.status >= 200) {
        out.append("Date: ").append(date).append("\r\n");
        const bool streams = std::holds_alternative<std::shared_ptr<Stream>>(response.body);
        if (response.status != 204 && !streams && (response.status != 304 || response.declared_size)) {
            out.append("Content-Length: ");
            append_number(response.declared_size.value_or(body_size(response.body)), out);
            out.append("\r\n");
        }
        if (!keep_alive || response.close || streams) out.append("Connection: close\r\n");
    }
    out.append("\r\n");
}

void write_start(const Response& response, bool keep_alive, std::string_view date, std::string& out) {
    write_head(response, keep_alive, date, out);
    out.append(text_of(response.body));
}

unsigned status_of(const base::Error& error) {
    if (const auto* const particular = particular_of(error.code)) return particular->status;
    switch (error.kind) {
        case base::ErrorKind::input:
            return 400;
        case base::ErrorKind::denied:
            return 403;
        case base::ErrorKind::not_found:
            return 404;
        case base::ErrorKind::conflict:
            return 409;
        case base::ErrorKind::unavailable:
            return 503;
        case base::ErrorKind::io:
        case base::ErrorKind::crypto:
        case base::ErrorKind::internal:
            break;
    }
    return 500;
}

Response problem(const Refusal& refusal) {
    nlohmann::ordered_json document{
        {"type", "about:blank"}, {"title", reason_phrase(refusal.status)}, {"status", refusal.status}};
    document["code"] = refusal.code;
    constexpr unsigned internal = 500;  // what failed inside is for the log
    if (refusal.status != internal && !refusal.detail.empty()) {
        document["detail"] = refusal.detail;
        if (refusal.pointer) document["pointer"] = *refusal.pointer;
    }
    Response response;
    response.status = refusal.status;
    response.fields.emplace_back("Content-Type", "application/problem+json");
    response.fields.emplace_back("X-Content-Type-Options", "nosniff");
    const auto* const particular = particular_of(refusal.code);
    if (particular != nullptr && particular->status == refusal.status && !particular->retry_after.empty())
        response.fields.emplace_back("Retry-After", particular->retry_after);
    // A detail may quote what came from outside, which need not be UTF-8.
    response.body = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return response;
}

Response problem(unsigned status, std::string_view code, std::string_view detail) {
    return problem(Refusal{status, std::string(code), std::string(detail)});
}

Response problem(const base::Error& error) {
    const unsigned status = status_of(error);
    return problem(status, error.code, status < 500 ? error.text() : std::string());
}

}  // namespace gatehouse::http
