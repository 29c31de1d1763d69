#include "server/integrations/clamd_reply.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace clamd_reply_test {

using namespace gatehouse::integrations;
using Kind = NoVerdict::Kind;

namespace {

std::string code(const std::string& reply, Kind kind) {
    const Judgement judgement = parse_clamd_reply(reply, {});
    INFO(reply);
    REQUIRE_FALSE(judgement);
    CHECK(judgement.error().kind == kind);
    return judgement.error().error.code;
}

}  // namespace

TEST_CASE("a version is told apart from the program's name") {
    CHECK(parse_clamd_version("ClamAV 1.4.6/27650/Fri Jun 20 08:00:00 2025") ==
          EngineName{"ClamAV", "1.4.6/27650/Fri Jun 20 08:00:00 2025"});
    CHECK(parse_clamd_version("ClamAV 1.4.6\n") == EngineName{"ClamAV", "1.4.6"});
    CHECK(parse_clamd_version("Other") == EngineName{"Other", ""});
    CHECK(parse_clamd_version("") == EngineName{});
}

TEST_CASE("OK is a score of 0, a signature one of 95 and more") {
    const auto fine = parse_clamd_reply("stream: OK", {"ClamAV", "1"});
    REQUIRE(fine);
    CHECK(fine->score == 0);
    CHECK(fine->behaviours.empty());
    CHECK(fine->engine == "ClamAV");
    const auto found = parse_clamd_reply("stream: Win.Test.EICAR_HDB-1 FOUND", {"ClamAV", "1"});
    REQUIRE(found);
    CHECK(found->score >= 95);
    REQUIRE(found->behaviours.size() == 1);
    CHECK(found->behaviours[0].name == "Win.Test.EICAR_HDB-1");
    CHECK(found->behaviours[0].severity == found->severity);
}

TEST_CASE("what is only unwanted or suspicious is not as bad as known malware") {
    CHECK(parse_clamd_reply("stream: PUA.Win.Packer.Upx FOUND", {})->score == 70);
    CHECK(parse_clamd_reply("stream: Heuristics.Encrypted.Zip FOUND", {})->score == 80);
}

TEST_CASE("a sample that clamd did not judge is not taken for a harmless one") {
    CHECK(code("INSTREAM size limit exceeded. ERROR", Kind::refused) == "sample_too_large");
    CHECK(code("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", Kind::refused) == "engine_limits");
    CHECK(code("stream: Can't allocate memory ERROR", Kind::failed) == "engine_error");
    CHECK(code("stream:  ERROR", Kind::failed) == "engine_error");
    CHECK(code("UNKNOWN COMMAND", Kind::failed) == "engine_garbled");
    CHECK(code("", Kind::failed) == "engine_garbled");
    CHECK(code("stream: ", Kind::failed) == "engine_garbled");
    CHECK(code("stream:  FOUND", Kind::failed) == "engine_garbled");
    CHECK(code("stream: OKAY", Kind::failed) == "engine_garbled");
    CHECK(code("stream: Win.Test.EICAR_HDB-1", Kind::failed) == "engine_garbled");
    CHECK(code("FOUND", Kind::failed) == "engine_garbled");
}

TEST_CASE("what clamd repeats of a signature's name is one clean line") {
    const auto found = parse_clamd_reply("stream: a\x1b[31m\nb" + std::string(5000, 'x') + " FOUND", {});
    REQUIRE(found);
    CHECK(found->behaviours[0].name.find('\x1b') == std::string::npos);
    CHECK(found->behaviours[0].name.size() <= Bounds::name_bytes);
}

}  // namespace clamd_reply_test
