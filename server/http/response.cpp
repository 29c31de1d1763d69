#include "server/http/response.hpp"

#include "server/http/framing.hpp"
#include "server/http/request.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <unistd.h>

namespace gatehouse::http {

namespace {

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

bool has_field(const Response& response, std::string_view name) {
    for (const auto& [field, value] : response.fields) {
        if (same_name(field, name)) return true;
    }
    if (response.prepared == nullptr) return false;
    std::string_view lines = *response.prepared;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        const auto line = lines.substr(0, end);
        if (line.size() > name.size() && line[name.size()] == ':' && same_name(line.substr(0, name.size()), name)) {
            return true;
        }
        if (end == std::string_view::npos) break;
        lines.remove_prefix(end + 1);
    }
    return false;
}

std::uint64_t body_size(const Body& body) {
    if (const auto* text = std::get_if<std::string>(&body)) return text->size();
    if (const auto* shared = std::get_if<SharedBody>(&body)) return *shared == nullptr ? 0 : (*shared)->size();
    if (const auto* file = std::get_if<FileBody>(&body)) return file->size;
    return 0;
}

void drop_body(Response& response) {
    if (!response.declares_size && !std::holds_alternative<std::monostate>(response.body)) {
        response.declared_size = body_size(response.body);
        response.declares_size = true;
    }
    response.body = std::monostate();
}

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 203:
            return "Non-Authoritative Information";
        case 204:
            return "No Content";
        case 205:
            return "Reset Content";
        case 206:
            return "Partial Content";
        case 300:
            return "Multiple Choices";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 407:
            return "Proxy Authentication Required";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return {};
    }
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
        if (response.status != 204 && (response.status != 304 || response.declares_size)) {
            out.append("Content-Length: ");
            append_number(response.declares_size ? response.declared_size : body_size(response.body), out);
            out.append("\r\n");
        }
        if (!keep_alive || response.close) out.append("Connection: close\r\n");
    }
    out.append("\r\n");
}

unsigned status_of(base::ErrorKind kind) {
    switch (kind) {
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

Response problem(unsigned status, std::string_view code, std::string_view detail) {
    nlohmann::ordered_json document{{"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}};
    document["code"] = code;
    if (status < 500) document["detail"] = detail;
    Response response;
    response.status = status;
    response.fields.emplace_back("Content-Type", "application/problem+json");
    // A detail may quote what came from outside, which need not be UTF-8.
    response.body = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return response;
}

Response problem(const base::Error& error) {
    return problem(status_of(error.kind), error.code, error.text());
}

}  // namespace gatehouse::http
