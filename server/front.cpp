#include "server/front.hpp"

#include "base/text.hpp"
#include "server/http/markup.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::server {

namespace {

std::string date(std::int64_t seconds) {
    const std::time_t time = seconds;
    tm utc{};
    gmtime_r(&time, &utc);
    std::array<char, 40> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
    return text.data();
}

std::string row(std::string_view heading, std::string_view value) {
    return "<tr><th scope=\"row\">" + http::escaped(heading) + "</th><td>" + http::escaped(value) + "</td></tr>\n";
}

// Groups of four: a person compares this with another screen.
std::string grouped(std::string_view fingerprint) {
    std::string text;
    for (std::size_t i = 0; i < fingerprint.size(); ++i) {
        if (i > 0 && i % 4 == 0) text += ' ';
        text += fingerprint[i];
    }
    return text;
}

http::Response page_response(const http::SharedBody& page) {
    http::Response response;
    response.fields = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}};
    response.body = page;
    return response;
}

http::Response health() {
    http::Response response;
    response.fields = {
        {"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    response.body = std::string(R"({"status":"ok"})");
    return response;
}

}  // namespace

std::string facts_page(const credentials::DoorStatus& status) {
    const certstore::CertificateFacts& facts = status.certificate;
    const std::string door =
        status.interface == config::Interface::clean ? "Application (clean)" : "Administration Portal (admin)";
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" +
                       http::escaped(door) + " - " + http::escaped(status.hostname) + "</title></head>\n<body>\n<h1>" +
                       http::escaped(door) + "</h1>\n<p>This is the " + std::string(config::name(status.interface)) +
                       " door of " + http::escaped(status.hostname) + ". It shows this certificate:</p>\n<table>\n";
    page += row("Subject", facts.subject);
    page += row("Names", base::joined(facts.names, ", "));
    page += row("Issuer", facts.self_signed ? facts.issuer + " (self-signed)" : facts.issuer);
    page += row("Serial number", facts.serial);
    page += row("Valid from", date(facts.not_before));
    page += row("Valid until", date(facts.not_after));
    page += row("Key", facts.key_type);
    page += "<tr><th scope=\"row\">SHA-256 fingerprint</th><td><code title=\"" + facts.fingerprint_sha256 + "\">" +
            grouped(facts.fingerprint_sha256) + "</code></td></tr>\n";
    page += "<tr><th scope=\"row\">The same without spaces</th><td><code>" + facts.fingerprint_sha256 +
            "</code></td></tr>\n</table>\n</body>\n</html>\n";
    return page;
}

std::shared_ptr<const http::Router> front_router(const http::SharedBody& page, std::shared_ptr<http::Folder> folder,
                                                 std::vector<http::Route> routes, http::Gate gate, http::Dress dress) {
    routes.push_back(
        {http::Method::get, "/healthz", http::Access::anyone, 0, [](const http::Request&) { return health(); }});
    if (!folder) {
        // By reference: the owner replaces the page when the certificate changes.
        routes.push_back({http::Method::get, "/", http::Access::anyone, 0,
                          [&page](const http::Request&) { return page_response(page); }});
        return std::make_shared<const http::Router>(std::move(routes), http::Handler(), std::move(gate),
                                                    std::move(dress));
    }
    return std::make_shared<const http::Router>(
        std::move(routes),
        [folder = std::move(folder)](const http::Request& request) {
            return folder->serve(request, std::chrono::steady_clock::now());
        },
        std::move(gate), std::move(dress));
}

}  // namespace gatehouse::server
