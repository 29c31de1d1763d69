#include "server/http/pages.hpp"

#include "server/http/accept.hpp"
#include "server/http/conditions.hpp"
#include "server/http/response.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::http {

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
struct Rendition {
    std::string_view bytes;  // as embedded; empty where the asset has no such form
    Validators validators;
    SharedBody fields;  // ready to be sent
    SharedBody body;    // null until somebody asks for it
};

std::string fields_of(const portal::Asset& asset, Coding coding, std::string_view etag) {
    std::string out = "Content-Type: ";
    out.append(asset.content_type).append("\r\nETag: ").append(etag);
    out.append("\r\nCache-Control: ").append(asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    out.append("\r\nVary: Accept-Encoding\r\n");
    if (coding != Coding::identity) out.append("Content-Encoding: ").append(name(coding)).append("\r\n");
    return out.append(security);
}

Rendition rendition_of(const portal::Asset& asset, Coding coding, std::string_view bytes, std::string_view suffix) {
    Rendition rendition;
    rendition.bytes = bytes;
    rendition.validators.etag.append(1, '"').append(asset.etag).append(suffix).append(1, '"');
    rendition.fields = std::make_shared<const std::string>(fields_of(asset, coding, rendition.validators.etag));
    return rendition;
}

// What the page fetches may be compressed. The page itself is some hundred bytes, and scanners take a compressed one
// for BREACH (CVE-2013-3587), though nothing in it is secret or comes from the request.
std::string_view if_fetched(const portal::Asset& asset, std::string_view compressed) {
    return asset.immutable ? compressed : std::string_view();
}

// To the same address, and the end of this connection. A browser holds several and takes any of them: each that began
// before the change is ended so, until it has to open one and is shown the certificate that is served now.
Response over_another_connection(const Request& request) {
    Response response;
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
        : raw_(rendition_of(asset, Coding::identity, asset.raw, "")),
          gzip_(rendition_of(asset, Coding::gzip, if_fetched(asset, asset.gzip), "-gz")),
          brotli_(rendition_of(asset, Coding::brotli, if_fetched(asset, asset.brotli), "-br")) {}

    [[nodiscard]] Response answer(const Request& request) {
        if (request.outdated && request.query.starts_with("change=")) return over_another_connection(request);
        Rendition& rendition = rendition_for(request);
        Response response;
        switch (select(request, rendition.validators, rendition.bytes.size()).what) {
            case Selected::not_modified:
                response.status = 304;
                break;
            case Selected::precondition_failed:
                return problem(412, "precondition_failed", "The page is not in the state that the request asks for.");
            case Selected::whole:
            case Selected::part:  // no part is ever needed of what is so small; RFC 9110 section 14.2 allows that
            case Selected::unsatisfiable:
                if (rendition.body == nullptr) rendition.body = std::make_shared<const std::string>(rendition.bytes);
                response.body = rendition.body;
                break;
        }
        response.prepared = rendition.fields;
        return response;
    }

private:
    [[nodiscard]] Rendition& rendition_for(const Request& request) {
        switch (choose_coding(request, {.gzip = !gzip_.bytes.empty(), .brotli = !brotli_.bytes.empty()})) {
            case Coding::gzip:
                return gzip_;
            case Coding::brotli:
                return brotli_;
            case Coding::identity:
                break;
        }
        return raw_;
    }

    Rendition raw_;
    Rendition gzip_;
    Rendition brotli_;
};

}  // namespace

void add_page_routes(std::vector<Route>& routes, std::span<const portal::Asset> assets) {
    for (const portal::Asset& asset : assets) {
        // One for each worker, whose thread alone calls the handler.
        auto page = std::make_shared<Page>(asset);
        routes.push_back({Method::get, std::string(asset.path), Access::anyone, 0,
                          [page = std::move(page)](const Request& request) { return page->answer(request); }});
    }
}

}  // namespace gatehouse::http
