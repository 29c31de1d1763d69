#include "server/net/url.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace url_test {

using namespace gatehouse;
using net::parse_https_url;
using net::Url;

namespace {

std::string refusal(const std::string& text) {
    const auto url = parse_https_url(text);
    return url ? "taken as " + url->text() : url.error().code;
}

}  // namespace

TEST_CASE("an https URL is taken apart") {
    CHECK(parse_https_url("https://cloud.test") == Url{"cloud.test", 443, "/"});
    CHECK(parse_https_url("HTTPS://Cloud.TEST./a/b?c=d&e=%20#f") == Url{"cloud.test", 443, "/a/b?c=d&e=%20"});
    CHECK(parse_https_url("https://cloud.test:8443?q") == Url{"cloud.test", 8443, "/?q"});
    CHECK(parse_https_url("https://cloud.test:") == Url{"cloud.test", 443, "/"});
    CHECK(parse_https_url("https://cloud.test:443/a@b:c/[x]") == Url{"cloud.test", 443, "/a@b:c/[x]"});
    CHECK(parse_https_url("https://192.0.2.1:1/") == Url{"192.0.2.1", 1, "/"});
    CHECK(parse_https_url("https://[2001:DB8::1]") == Url{"2001:db8::1", 443, "/"});
    CHECK(parse_https_url("https://[2001:db8::1]:65535/") == Url{"2001:db8::1", 65535, "/"});
    CHECK(parse_https_url("https://[::ffff:192.0.2.1]/") == Url{"192.0.2.1", 443, "/"});
}

TEST_CASE("a URL is written as it is called") {
    CHECK(parse_https_url("https://Cloud.test:443/x")->text() == "https://cloud.test/x");
    CHECK(parse_https_url("https://cloud.test:8443/x")->authority() == "cloud.test:8443");
    CHECK(parse_https_url("https://[2001:db8::1]:8443/x")->text() == "https://[2001:db8::1]:8443/x");
}

TEST_CASE("what is no https URL is refused") {
    for (const char* text : {"", "cloud.test", "http://cloud.test/", "https:/cloud.test", "https:cloud.test",
                             "ftp://cloud.test", " https://cloud.test", "httpss://cloud.test"}) {
        CAPTURE(text);
        CHECK(refusal(text) == "url_not_https");
    }
    for (const std::string text : {"https://",
                                   "https:///path",
                                   "https://?q",
                                   "https://#f",
                                   "https://:443/",
                                   "https://cloud.test:0/",
                                   "https://cloud.test:65536/",
                                   "https://cloud.test:4x3/",
                                   "https://cloud.test:-1/",
                                   "https://cloud.test:+1/",
                                   "https://user@cloud.test/",
                                   "https://user:pass@cloud.test/",
                                   "https://2001:db8::1/",
                                   "https://[2001:db8::1/",
                                   "https://[192.0.2.1]/",
                                   "https://[fe80::1%25eth0]/",
                                   "https://[]/",
                                   "https://[/",
                                   "https://[::1]x/",
                                   "https://cloud.test/a b",
                                   "https://cloud.test/a\r\nX: y",
                                   "https://cloud.test/\xc3\xa4",
                                   "https://cloud.test/<x>",
                                   "https://cloud.test/a\\b"}) {
        CAPTURE(text);
        CHECK(refusal(text) == "url_invalid");
    }
    for (const std::string text : {"https://cloud test/", "https://cloud..test/", "https://\xc3\xa4.test/",
                                   "https://cloud.test\\@evil/x", "https://-x.test/", "https://a%2eb/"}) {
        CAPTURE(text);
        CHECK(refusal(text).find("taken") == std::string::npos);
    }
    CHECK(refusal("https://cloud.test/" + std::string(9000, 'x')) == "url_invalid");
    CHECK(refusal(std::string("https://cloud.test/\0x", 21)) == "url_invalid");
}

TEST_CASE("a redirect leads where its reference says, seen from the address that sent it") {
    const Url base = *parse_https_url("https://cloud.test:8443/a/b/c?d=e");
    const auto leads_to = [&](const char* location) {
        const auto url = net::resolve_location(base, location);
        return url ? url->text() : url.error().code;
    };
    CHECK(leads_to("https://other.test/x?y#z") == "https://other.test/x?y");
    CHECK(leads_to("//other.test/x") == "https://other.test/x");
    CHECK(leads_to("/x/./y/../z") == "https://cloud.test:8443/x/z");
    CHECK(leads_to("x") == "https://cloud.test:8443/a/b/x");
    CHECK(leads_to("../x?y=../z") == "https://cloud.test:8443/a/x?y=../z");
    CHECK(leads_to("../../../../x") == "https://cloud.test:8443/x");
    CHECK(leads_to("..") == "https://cloud.test:8443/a/");
    CHECK(leads_to("./") == "https://cloud.test:8443/a/b/");
    CHECK(leads_to("?x=y") == "https://cloud.test:8443/a/b/c?x=y");
    CHECK(leads_to("http://cloud.test/") == "url_not_https");
    CHECK(leads_to("ftp:x") == "url_not_https");
    CHECK(leads_to("https://user@other.test/") == "url_invalid");
    CHECK(leads_to("") == "url_invalid");
    CHECK(leads_to("#z") == "url_invalid");
    CHECK(leads_to("/a b") == "url_invalid");
}

}  // namespace url_test
