#include "config/nearest_name.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace nearest_name_test {

using gatehouse::config::nearest_name;

namespace {

const std::vector<std::string_view> known{"listen", "redirect", "hostname",  "certificate",
                                          "key",    "files",    "tls_policy"};

}  // namespace

TEST_CASE("a name with a slip of the finger is found, and one in another spelling") {
    CHECK(nearest_name("listne", known) == "listen");
    CHECK(nearest_name("redirects", known) == "redirect");
    CHECK(nearest_name("certficate", known) == "certificate");
    CHECK(nearest_name("ky", known) == "key");
    CHECK(nearest_name("HostName", known) == "hostname");
    CHECK(nearest_name("host_name", known) == "hostname");
    CHECK(nearest_name("tlsPolicy", known) == "tls_policy");
    CHECK(nearest_name("tls-policy", known) == "tls_policy");
    CHECK(nearest_name("K_E_Y-", known) == "key");
    CHECK(nearest_name("listen", known) == "listen");
}

TEST_CASE("a word that is another one is not taken for any, however short") {
    CHECK(nearest_name("port", known).empty());
    CHECK(nearest_name("session_timeout", known).empty());
    CHECK(nearest_name("listen", {}).empty());
    CHECK(nearest_name(std::string(65, 'x'), {std::string(64, 'x')}).empty());
    CHECK(nearest_name(std::string(63, 'x'), {std::string(64, 'x')}).size() == 64);
}

TEST_CASE("of several the nearest one is meant, of two equally near the first") {
    CHECK(nearest_name("admn", {"adm", "admin", "admins"}) == "adm");
    CHECK(nearest_name("admi", {"adm", "admin"}) == "adm");
    CHECK(nearest_name("keys", {"files", "key"}) == "key");
}

}  // namespace nearest_name_test
