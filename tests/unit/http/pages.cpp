#include "server/http/pages.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pages_test {

using namespace gatehouse;

namespace {

constexpr std::array<portal::Asset, 4> table{{
    {"/", "text/html; charset=utf-8", "11111111111111111111111111111111", "the page", "gz", "br", false},
    {"/assets/both-hash.css", "text/css; charset=utf-8", "44444444444444444444444444444444", "style", "gz", "br", true},
    {"/assets/a-hash.js",
     "text/javascript; charset=utf-8",
     "22222222222222222222222222222222",
     "script",
     "GZ",
     {},
     true},
    {"/assets/f-hash.woff2", "font/woff2", "33333333333333333333333333333333", "font", {}, {}, true},
}};

// The pages as a door without anything else serves them.
class Door {
public:
    Door()
        : router_([] {
              std::vector<http::Route> routes;
              http::add_page_routes(routes, table);
              return routes;
          }()) {}

    http::Response answer(std::string_view path, std::vector<http::HeaderField> fields = {},
                          http::Method method = http::Method::get) {
        http::Request request;
        request.method = method;
        request.path = path;
        request.fields = std::move(fields);
        return std::get<http::Response>(router_.handle(request));
    }

private:
    http::Router router_;
};

std::string body(const http::Response& response) {
    const auto* shared = std::get_if<http::SharedBody>(&response.body);
    return shared == nullptr ? "" : **shared;
}

// The value of a prepared field; "none" where it is not there.
std::string field(const http::Response& response, const std::string& name) {
    if (response.prepared == nullptr) return "none";
    const std::string& lines = *response.prepared;
    const auto at = lines.find(name + ": ");
    if (at == std::string::npos) return "none";
    const auto begin = at + name.size() + 2;
    return lines.substr(begin, lines.find("\r\n", begin) - begin);
}

}  // namespace

TEST_CASE("what the page fetches is sent in the form that the client likes best, and says which") {
    Door door;
    const auto brotli = door.answer("/assets/both-hash.css", {{"Accept-Encoding", "gzip, deflate, br"}});
    CHECK(body(brotli) == "br");
    CHECK(field(brotli, "Content-Encoding") == "br");
    const auto gzip = door.answer("/assets/both-hash.css", {{"Accept-Encoding", "gzip"}});
    CHECK(body(gzip) == "gz");
    CHECK(field(gzip, "Content-Encoding") == "gzip");
    const auto plain = door.answer("/assets/both-hash.css");
    CHECK(body(plain) == "style");
    CHECK(field(plain, "Content-Encoding") == "none");
    for (const auto* response : {&brotli, &gzip, &plain}) {
        CHECK(response->status == 200);
        CHECK(field(*response, "Vary") == "Accept-Encoding");
        CHECK(field(*response, "Content-Type") == "text/css; charset=utf-8");
    }
}

TEST_CASE("the page itself is never compressed, so that no scanner takes it for BREACH") {
    Door door;
    const auto page = door.answer("/", {{"Accept-Encoding", "br, gzip"}});
    CHECK(body(page) == "the page");
    CHECK(field(page, "Content-Encoding") == "none");
}

TEST_CASE("an asset without a compressed form is sent as it is") {
    Door door;
    CHECK(body(door.answer("/assets/a-hash.js", {{"Accept-Encoding", "br, gzip;q=0.5"}})) == "GZ");
    const auto font = door.answer("/assets/f-hash.woff2", {{"Accept-Encoding", "br, gzip"}});
    CHECK(body(font) == "font");
    CHECK(field(font, "Content-Encoding") == "none");
}

TEST_CASE("each form has a tag of its own, and who has it is told so") {
    Door door;
    const std::string brotli = field(door.answer("/assets/both-hash.css", {{"Accept-Encoding", "br"}}), "ETag");
    const std::string gzip = field(door.answer("/assets/both-hash.css", {{"Accept-Encoding", "gzip"}}), "ETag");
    const std::string plain = field(door.answer("/assets/both-hash.css"), "ETag");
    CHECK(brotli == "\"44444444444444444444444444444444-br\"");
    CHECK(gzip == "\"44444444444444444444444444444444-gz\"");
    CHECK(plain == "\"44444444444444444444444444444444\"");

    const auto same = door.answer("/assets/both-hash.css", {{"Accept-Encoding", "br"}, {"If-None-Match", brotli}});
    CHECK(same.status == 304);
    CHECK(http::body_size(same.body) == 0);
    CHECK(field(same, "ETag") == brotli);
    CHECK(field(same, "Vary") == "Accept-Encoding");
    CHECK(field(same, "Cache-Control").find("immutable") != std::string::npos);
    // Another form is another representation.
    CHECK(door.answer("/assets/both-hash.css", {{"Accept-Encoding", "gzip"}, {"If-None-Match", brotli}}).status == 200);
    CHECK(door.answer("/assets/both-hash.css", {{"If-Match", gzip}}).status == 412);
}

TEST_CASE("a page has no date and no parts: who asks about them gets it whole") {
    Door door;
    CHECK(door.answer("/", {{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status == 200);
    CHECK(body(door.answer("/", {{"Range", "bytes=0-1"}})) == "the page");
    CHECK(body(door.answer("/", {{"Range", "bytes=900-"}})) == "the page");
}

TEST_CASE("what has a digest in its name is kept for good, the page is asked for each time") {
    Door door;
    CHECK(field(door.answer("/"), "Cache-Control") == "no-cache");
    CHECK(field(door.answer("/assets/a-hash.js"), "Cache-Control").find("immutable") != std::string::npos);
}

TEST_CASE("every asset carries a policy without exceptions") {
    Door door;
    for (const portal::Asset& asset : table) {
        INFO(asset.path);
        const auto response = door.answer(asset.path);
        const std::string policy = field(response, "Content-Security-Policy");
        CHECK(policy.starts_with("default-src 'none'; "));
        CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
        CHECK(policy.find("require-trusted-types-for 'script'") != std::string::npos);
        CHECK(policy.find("unsafe") == std::string::npos);
        CHECK(policy.find("data:") == std::string::npos);
        CHECK(policy.find('*') == std::string::npos);
        CHECK(field(response, "X-Content-Type-Options") == "nosniff");
        CHECK(field(response, "Referrer-Policy") == "no-referrer");
    }
}

TEST_CASE("the same bytes are shared by all answers of a worker") {
    Door door;
    const auto first = door.answer("/");
    const auto second = door.answer("/");
    CHECK(std::get<http::SharedBody>(first.body) == std::get<http::SharedBody>(second.body));
}

TEST_CASE("HEAD tells the size of the form that GET would send") {
    Door door;
    const auto response = door.answer("/assets/a-hash.js", {{"Accept-Encoding", "identity"}}, http::Method::head);
    CHECK(response.status == 200);
    CHECK(std::holds_alternative<std::monostate>(response.body));
    CHECK(response.declared_size == 6);
}

TEST_CASE("nothing else is a page's path, and pages are only read") {
    Door door;
    CHECK(door.answer("/assets/").status == 404);
    CHECK(door.answer("/assets/a-hash.js/").status == 404);
    CHECK(door.answer("/", {}, http::Method::post).status == 405);
}

}  // namespace pages_test
