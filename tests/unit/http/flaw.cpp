#include "server/http/flaw.hpp"

#include "server/http/response.hpp"

#include <catch2/catch.hpp>

namespace flaw_test {

using namespace gatehouse;
using http::Flaw;

TEST_CASE("each flaw has a status of its kind, a stable code and a whole sentence") {
    for (auto number = static_cast<int>(Flaw::none) + 1; number <= static_cast<int>(Flaw::origin_untold); ++number) {
        const http::Refusal refusal = http::refusal(static_cast<Flaw>(number));
        CAPTURE(number, refusal.detail);
        CHECK((refusal.status == 501 || refusal.status == 505 || refusal.status / 100 == 4));
        CHECK_FALSE(http::reason_phrase(refusal.status).empty());
        CHECK(refusal.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        CHECK_FALSE(refusal.code.empty());
        CHECK(refusal.detail.ends_with('.'));
        CHECK_FALSE(refusal.pointer);
    }
}

TEST_CASE("what clients are told apart by has the status that RFC 9110 gives it") {
    CHECK(http::refusal(Flaw::header_too_large).status == 431);
    CHECK(http::refusal(Flaw::request_line_too_long).status == 414);
    CHECK(http::refusal(Flaw::unknown_version).status == 505);
    CHECK(http::refusal(Flaw::coding_unknown).status == 501);
    CHECK(http::refusal(Flaw::expectation).status == 417);
    CHECK(http::refusal(Flaw::length_and_coding).code == "ambiguous_length");
    CHECK(http::refusal(Flaw::origin_foreign).status == 403);
}

}  // namespace flaw_test
