#include "records/disposition_services.hpp"
#include "server/net/url.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace service_urls_test {

using namespace gatehouse;

TEST_CASE("each URL that a service is taken with can be called") {
    std::size_t taken = 0;
    const auto compare = [&](const std::string& url) {
        if (!records::check_service_url(url)) return;
        ++taken;
        const auto parsed = net::parse_https_url(url);
        INFO(url + (parsed ? "" : ": " + parsed.error().text()));
        CHECK(parsed);
    };
    for (char c = ' '; c <= '~'; ++c) {
        for (const std::string& one : {std::string(1, c), std::string(2, c), "1" + std::string(1, c),
                                       c + std::string("1"), "a" + std::string(1, c) + "b"}) {
            for (const std::string& url :
                 {"https://" + one, "https://" + one + "/", "https://a" + one + ".test/", "https://cloud.test" + one,
                  "https://cloud.test:" + one, "https://cloud.test:" + one + "/", "https://cloud.test/" + one,
                  "https://cloud.test/?" + one, "https://[" + one + "]/", "https://[::" + one + "]/",
                  "https://[::1" + one, "https://192.0.2." + one + "/", "https://cloud.test./" + one,
                  one + "https://a/"})
                compare(url);
        }
    }
    for (const char* host :
         {"0x7f.1", "2130706433", "127.1", "017700000001", "1.2.3.4.5", "::ffff:127.0.0.1", "a..b", "a.", ".a", "a_b",
          "xn--nxasmq6b", "1", "1.a", "a.1", "[::1]", "[1.2.3.4]", "[fe80::1%25x]"})
        compare("https://" + std::string(host) + "/");
    CHECK(taken > 500);
}

}  // namespace service_urls_test
