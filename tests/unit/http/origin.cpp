#include "server/http/origin.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace http_origin_test {

using namespace gatehouse;
using http::Provenance;

namespace {

using Fields = std::vector<http::HeaderField>;

http::Request request(std::string_view host, const Fields& fields, http::Method method = http::Method::post) {
    http::Request made;
    made.method = method;
    made.host = host;
    made.fields = fields;
    return made;
}

std::string judged(const http::Request& request) {
    const auto verdict = http::judge_origin(request);
    if (verdict) return "taken";
    CHECK(verdict.error().status == 403);
    return verdict.error().code;
}

}  // namespace

TEST_CASE("a page of this door is told by its scheme, host and port as the client addressed it") {
    struct Case {
        std::string_view host, origin;
        bool own;
    };
    const std::vector<Case> cases{
        {"box.example", "https://box.example", true},
        {"box.example:443", "https://box.example", true},
        {"box.example", "https://box.example:443", true},
        {"box.example:", "https://box.example", true},
        {"Box.Example:8443", "https://box.example:8443", true},
        {"[2001:db8::1]", "https://[2001:db8::1]", true},
        {"[2001:db8::1]:8443", "https://[2001:db8::1]:8443", true},
        {"192.0.2.1:8443", "https://192.0.2.1:8443", true},
        {"box.example", "http://box.example", false},
        {"box.example:8443", "https://box.example", false},
        {"box.example:8443", "https://box.example:443", false},
        {"box.example", "https://box.example:8443", false},
        {"box.example:8443", "https://box.example:9443", false},
        {"box.example", "https://evil.example", false},
        {"box.example", "https://box.example.evil.example", false},
        {"box.example", "https://evilbox.example", false},
        {"box.example", "https://box.example.", false},
        {"box.example", "https://box.example/", false},
        {"box.example", "https://user@box.example", false},
        {"box.example", "https://box.example https://evil.example", false},
        {"box.example", "HTTPS://box.example", false},
        {"box.example", "box.example", false},
        {"box.example", "https://", false},
        {"box.example", "https:///", false},
        {"box.example", "null", false},
        {"box.example", "", false},
        {"", "https://", false},
        {"", "", false},
        {"[2001:db8::1]", "https://[2001:db8::2]", false},
        {"[2001:db8::1]:443", "https://[2001:db8::1]:8443", false},
    };
    for (const auto& [host, origin, own] : cases) {
        INFO(host << " from " << origin);
        CHECK(judged(request(host, {{"Origin", origin}})) == (own ? "taken" : "foreign_origin"));
    }
}

TEST_CASE("Sec-Fetch-Site counts where Origin is missing, and must not contradict it") {
    const std::string_view host = "box.example";
    const std::string_view own = "https://box.example";
    CHECK(judged(request(host, {{"Sec-Fetch-Site", "same-origin"}})) == "taken");
    CHECK(judged(request(host, {{"sec-fetch-site", "same-origin"}, {"origin", own}})) == "taken");
    for (const std::string_view site : {"same-site", "cross-site", "none", "", "same-origin, same-origin"}) {
        INFO(site);
        CHECK(judged(request(host, {{"Sec-Fetch-Site", site}})) == "foreign_origin");
        CHECK(judged(request(host, {{"Sec-Fetch-Site", site}, {"Origin", own}})) == "foreign_origin");
        CHECK(judged(request(host, {{"Origin", own}, {"Sec-Fetch-Site", site}})) == "foreign_origin");
    }
    CHECK(judged(request(host, {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "null"}})) == "foreign_origin");
    CHECK(judged(request(host, {{"Origin", own}, {"Origin", "https://evil.example"}})) == "foreign_origin");
    CHECK(judged(request(host, {{"Origin", "https://evil.example"}, {"Origin", own}})) == "foreign_origin");
}

TEST_CASE("a request that tells no origin is refused with a code of its own") {
    CHECK(judged(request("box.example", {})) == "origin_missing");
    CHECK(judged(request("box.example", {{"Referer", "https://box.example/"}})) == "origin_missing");
    CHECK(http::provenance(request("a", {})) == Provenance::untold);
    CHECK(http::provenance(request("a", {{"Origin", "https://a"}})) == Provenance::same_origin);
    CHECK(http::provenance(request("a", {{"Origin", "https://b"}})) == Provenance::foreign);
}

TEST_CASE("only what changes something is judged") {
    for (const auto method : {http::Method::get, http::Method::head, http::Method::options})
        CHECK(judged(request("a", {{"Origin", "https://evil.example"}}, method)) == "taken");
    for (const auto method : {http::Method::post, http::Method::put, http::Method::delete_, http::Method::other})
        CHECK(judged(request("a", {{"Origin", "https://evil.example"}}, method)) == "foreign_origin");
}

}  // namespace http_origin_test
