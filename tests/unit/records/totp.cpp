#include "records/totp.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace totp_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::Secret;

Time at(std::int64_t seconds) {
    return Time(std::chrono::seconds(seconds));
}

const std::string_view rfc_secret = "12345678901234567890";

}  // namespace

TEST_CASE("codes are those of RFC 4226, appendix D") {
    const Secret secret(rfc_secret);
    const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                                 "254676", "287922", "162583", "399871", "520489"};
    std::int64_t count = 0;
    for (const char* code : codes)
        CHECK(totp_code(secret, count++) == code);
}

TEST_CASE("codes are the last six digits of those of RFC 6238, appendix B") {
    const Secret secret(rfc_secret);
    struct Vector {
        std::int64_t seconds;
        std::string_view code;
    };
    for (const auto& [seconds, code] :
         {Vector{59, "94287082"}, Vector{1111111109, "07081804"}, Vector{1111111111, "14050471"},
          Vector{1234567890, "89005924"}, Vector{2000000000, "69279037"}, Vector{20000000000, "65353130"}}) {
        CHECK(totp_code(secret, totp_step(at(seconds))) == code.substr(2));
    }
}

TEST_CASE("a step is 30 seconds, to the microsecond") {
    CHECK(totp_step(at(0)) == 0);
    CHECK(totp_step(at(29) + std::chrono::microseconds(999'999)) == 0);
    CHECK(totp_step(at(30)) == 1);
}

TEST_CASE("a code counts one step early and one step late, no further, and never twice") {
    const Secret secret(rfc_secret);
    const std::string code = totp_code(secret, 1000);
    CHECK(matching_step(secret, code, at(999 * 30), -1) == 1000);
    CHECK(matching_step(secret, code, at(1000 * 30), -1) == 1000);
    CHECK(matching_step(secret, code, at(1001 * 30 + 29), -1) == 1000);
    CHECK_FALSE(matching_step(secret, code, at(998 * 30 + 29), -1));
    CHECK_FALSE(matching_step(secret, code, at(1002 * 30), -1));
    CHECK(matching_step(secret, code, at(1000 * 30), 999) == 1000);
    CHECK_FALSE(matching_step(secret, code, at(1000 * 30), 1000));
    CHECK_FALSE(matching_step(secret, code, at(1000 * 30), 1001));
}

TEST_CASE("what is not those six digits is no code") {
    const Secret secret(rfc_secret);
    const std::string code = totp_code(secret, 1000);
    for (const std::string& wrong : {std::string(), code.substr(1), code + "0", " " + code, std::string("abcdef"),
                                     code.substr(0, 5) + (code[5] == '0' ? "1" : "0"), code.substr(0, 5) + '\0'}) {
        CHECK_FALSE(matching_step(secret, wrong, at(1000 * 30), -1));
    }
    CHECK_FALSE(matching_step(random_totp_secret(), code, at(1000 * 30), -1));
}

TEST_CASE("base32 is that of RFC 4648, section 10, without padding") {
    CHECK(base32(Secret()).empty());
    CHECK(base32(Secret("f")).reveal() == "MY");
    CHECK(base32(Secret("fo")).reveal() == "MZXQ");
    CHECK(base32(Secret("foo")).reveal() == "MZXW6");
    CHECK(base32(Secret("foob")).reveal() == "MZXW6YQ");
    CHECK(base32(Secret("fooba")).reveal() == "MZXW6YTB");
    CHECK(base32(Secret("foobar")).reveal() == "MZXW6YTBOI");
    CHECK(base32(Secret(rfc_secret)).reveal() == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    CHECK(base32(Secret(std::string_view("\xFF\xFF\xFF\xFF\xFF", 5))).reveal() == "77777777");
}

TEST_CASE("the address for an app names issuer and account, whatever characters they have") {
    const auto uri = otpauth_uri("Box 7: a&b", "ada@x", Secret("foobar"));
    CHECK(uri.reveal() ==
          "otpauth://totp/Box%207%3A%20a%26b:ada%40x?secret=MZXW6YTBOI&issuer=Box%207%3A%20a%26b&algorithm=SHA1&"
          "digits=6&period=30");
    CHECK(otpauth_uri("\xC3\xBC", "a", Secret("f")).reveal().find("%C3%BC:a?secret=MY&") != std::string_view::npos);
}

TEST_CASE("secrets have 160 bits and differ") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const Secret secret = random_totp_secret();
        CHECK(secret.size() == 20);
        CHECK(seen.insert(std::string(secret.reveal())).second);
    }
}

}  // namespace totp_test
