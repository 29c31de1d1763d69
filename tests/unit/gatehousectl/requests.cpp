#include "base/text.hpp"
#include "gatehousectl/multipart.hpp"
#include "gatehousectl/secret_json.hpp"
#include "gatehousectl/target.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace requests_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

TEST_CASE("a target holds whatever is asked for without becoming another") {
    CHECK(target({"status"}) == "/api/v1/status");
    CHECK(target({"operators", "../a?b#c%/d e"}) == "/api/v1/operators/..%2Fa%3Fb%23c%25%2Fd%20e");
    CHECK(target({"audit"}, {{"actor", "a&b=c"}, {"since", ""}, {"limit", "9"}}) ==
          "/api/v1/audit?actor=a%26b%3Dc&limit=9");
    CHECK(target({"audit"}, {{"actor", "M\xC3\xBC"}}) == "/api/v1/audit?actor=M%C3%BC");
}

TEST_CASE("a multipart body holds its parts as they are") {
    Multipart parts;
    parts.add_file("certificate", "/a folder/my \"new\"\r\n.pem", base::Secret(std::string_view("\r\n--x\0\xFF", 7)));
    parts.add("passphrase", base::Secret("pass phrase"));
    const auto encoded = parts.encode();
    REQUIRE(encoded.content_type == "multipart/form-data; boundary=gatehousectl-part-0");
    CHECK(encoded.body.reveal() ==
          "--gatehousectl-part-0\r\n"
          "Content-Disposition: form-data; name=\"certificate\"; filename=\"my__new___.pem\"\r\n"
          "Content-Type: application/octet-stream\r\n\r\n" +
              std::string("\r\n--x\0\xFF", 7) +
              "\r\n--gatehousectl-part-0\r\n"
              "Content-Disposition: form-data; name=\"passphrase\"\r\n\r\n"
              "pass phrase\r\n"
              "--gatehousectl-part-0--\r\n");
}

TEST_CASE("a part that holds the boundary gets another one") {
    Multipart parts;
    parts.add_file("key", "-", base::Secret("x\r\n--gatehousectl-part-0--\r\n gatehousectl-part-1"));
    CHECK(parts.encode().content_type == "multipart/form-data; boundary=gatehousectl-part-2");
}

TEST_CASE("a secret is a member of a JSON object, whatever characters it has") {
    for (const std::string& secret : {std::string("plain"), std::string("\"\\/\b\f\n\r\t\x01\x1F\x7F"),
                                      std::string("gr\xC3\xBC\xC3\x9F \xF0\x9F\x94\x92"), std::string("a\0b", 3)}) {
        for (const nlohmann::json& others :
             {nlohmann::json::object(), nlohmann::json{{"interface", "clean"}, {"b", true}}}) {
            const auto text = secret_json(others, "passphrase", base::Secret(secret));
            REQUIRE(text);
            nlohmann::json expected = others;
            expected["passphrase"] = secret;
            CHECK(nlohmann::json::parse(text->reveal()) == expected);
        }
    }
    const auto latin = secret_json(nlohmann::json::object(), "password", base::Secret("gr\xFC\xDF"));
    REQUIRE_FALSE(latin);
    CHECK(latin.error().error.code == "secret_not_utf8");
}

}  // namespace requests_test
