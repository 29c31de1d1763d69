#include "server/admin/pages.hpp"

#include "server/http/accept.hpp"
#include "server/http/conditions.hpp"
#include "server/http/response.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

namespace {

// Scripts are files of this very door, nothing is inline, nothing comes from elsewhere, and no script may write markup
// (Trusted Types, without any policy that could). A form that its script does not send is not sent: a password would
// land in an address. The same for every asset, because each can be opened by itself.
constexpr std::string_view security =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

// One asset in one coding, as this worker sends it.
struct Form {
    std::string_view bytes;  // as embedded; empty where the asset has no such form
    http::Validators validators;
    http::SharedBody fields;  // ready to be sent
    http::SharedBody body;    // null until somebody asks for it
};

std::string fields_of(const portal::Asset& asset, http::Coding coding, std::string_view etag) {
    std::string out = "Content-Type: ";
    out.append(asset.content_type).append("\r\nETag: ").append(etag);
    out.append("\r\nCache-Control: ").append(asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    out.append("\r\nVary: Accept-Encoding\r\n");
    if (coding != http::Coding::identity) out.append("Content-Encoding: ").append(http::name(coding)).append("\r\n");
    return out.append(security);
}

Form form_of(const portal::Asset& asset, http::Coding coding, std::string_view bytes, std::string_view suffix) {
    Form form;
    form.bytes = bytes;
    form.validators.etag.append(1, '"').append(asset.etag).append(suffix).append(1, '"');
    form.fields = std::make_shared<const std::string>(fields_of(asset, coding, form.validators.etag));
    return form;
}

// What the page fetches may be compressed. The page itself is some hundred bytes, and scanners take a compressed one
// for BREACH (CVE-2013-3587), though nothing in it is secret or comes from the request.
std::string_view if_fetched(const portal::Asset& asset, std::string_view compressed) {
    return asset.immutable ? compressed : std::string_view();
}

// To the same address, and the end of this connection. A browser holds several and takes any of them: each that began
// before the change is ended so, until it has to open one and is shown the certificate that is served now.
http::Response over_another_connection(const http::Request& request) {
    http::Response response;
    response.status = 307;
    response.fields.emplace_back("Location", std::string(request.path) + "?" + std::string(request.query));
    response.fields.emplace_back("Cache-Control", "no-store");
    response.body = std::string();
    response.close = true;
    return response;
}

class Page {
public:
    explicit Page(const portal::Asset& asset)
        : raw_(form_of(asset, http::Coding::identity, asset.raw, "")),
          gzip_(form_of(asset, http::Coding::gzip, if_fetched(asset, asset.gzip), "-gz")),
          brotli_(form_of(asset, http::Coding::brotli, if_fetched(asset, asset.brotli), "-br")) {}

    [[nodiscard]] http::Response answer(const http::Request& request) {
        if (request.outdated && request.query.starts_with("change=")) return over_another_connection(request);
        Form& form = form_for(request);
        http::Response response;
        switch (http::select(request, form.validators, form.bytes.size()).what) {
            case http::Selected::not_modified:
                response.status = 304;
                break;
            case http::Selected::precondition_failed:
                return http::problem(412, "precondition_failed",
                                     "The page is not in the state that the request asks for.");
            case http::Selected::whole:
            case http::Selected::part:  // no part is ever needed of what is so small; RFC 9110 section 14.2 allows that
            case http::Selected::unsatisfiable:
                if (form.body == nullptr) form.body = std::make_shared<const std::string>(form.bytes);
                response.body = form.body;
                break;
        }
        response.prepared = form.fields;
        return response;
    }

private:
    [[nodiscard]] Form& form_for(const http::Request& request) {
        switch (http::choose_coding(request, {.gzip = !gzip_.bytes.empty(), .brotli = !brotli_.bytes.empty()})) {
            case http::Coding::gzip:
                return gzip_;
            case http::Coding::brotli:
                return brotli_;
            case http::Coding::identity:
                break;
        }
        return raw_;
    }

    Form raw_;
    Form gzip_;
    Form brotli_;
};

}  // namespace

void add_page_routes(std::vector<http::Route>& routes, std::span<const portal::Asset> assets) {
    for (const portal::Asset& asset : assets) {
        // One for each worker, whose thread alone calls the handler.
        auto page = std::make_shared<Page>(asset);
        routes.push_back({http::Method::get, std::string(asset.path), http::Access::anyone, 0,
                          [page = std::move(page)](const http::Request& request) { return page->answer(request); }});
    }
}

}  // namespace gatehouse::admin
