// Warnings of an upload, confirmed or not.
#include "certstore/confirmations.hpp"

#include <catch2/catch.hpp>

namespace gatehouse::certstore::confirmations_test {
namespace {

using Codes = std::vector<std::string>;

const std::vector<Finding> findings{{"browsers_refuse", Severity::warn, "a", ""},
                                    {"expired", Severity::warn, "b", ""},
                                    {"self_signed", Severity::note, "c", ""}};

Codes codes(const std::vector<Finding>& found) {
    Codes out;
    for (const Finding& finding : found)
        out.push_back(finding.code);
    return out;
}

TEST_CASE("every warning wants its own confirmation, a note none") {
    CHECK(codes(unconfirmed(findings, Codes{})) == Codes{"browsers_refuse", "expired"});
    CHECK(codes(unconfirmed(findings, Codes{"expired"})) == Codes{"browsers_refuse"});
    CHECK(codes(unconfirmed(findings, Codes{"expired", "browsers_refuse", "key_mode"})).empty());
    CHECK(codes(unconfirmed(std::vector<Finding>{}, Codes{})).empty());
}

TEST_CASE("a refusal is nothing that could be confirmed") {
    const std::vector<Finding> refused{{"key_mismatch", Severity::refuse, "a", ""}};
    CHECK(unconfirmed(refused, Codes{}).empty());
    CHECK(refuses(refused));
}

TEST_CASE("codes are read from their list") {
    CHECK(confirmed_codes("").value().empty());
    CHECK(confirmed_codes("expired").value() == Codes{"expired"});
    CHECK(confirmed_codes(" expired , hostname_mismatch,").value() == Codes{"expired", "hostname_mismatch"});
    for (const char* text : {"expird", "expired,key_mismatch", "self_signed", "expired;key_mode", "EXPIRED",
                             "a\nb\x01<script>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        const auto read = confirmed_codes(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == base::ErrorKind::input);
        CHECK(read.error().code == "confirm_invalid");
        CHECK_THAT(read.error().advice, Catch::Contains("hostname_mismatch"));
        CHECK(read.error().message.find('\n') == std::string::npos);
        CHECK(read.error().message.size() < 100);
    }
}

}  // namespace
}  // namespace gatehouse::certstore::confirmations_test
