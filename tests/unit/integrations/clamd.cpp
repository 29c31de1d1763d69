// The engine's client and clamd: the real one, wherever it can be brought to do what is to be seen.
#include "tests/unit/integrations/engines.hpp"
#include "tests/unit/integrations/laboratory.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace clamd_test {

using namespace gatehouse::integrations;
using namespace gatehouse::integrations::testing;
using gatehouse::config::EngineProtocol;

TEST_CASE("a real clamd finds what it has a signature for, and says who it is") {
    const Clamd clamd;
    Laboratory laboratory(clamd.settings());
    const Judgement judgement = laboratory.judge(Clamd::malware());
    INFO((judgement ? "" : judgement.error().error.text()));
    REQUIRE(judgement);
    CHECK(judgement->score >= 95);
    CHECK(judgement->engine == "ClamAV");
    CHECK(judgement->engine_version.starts_with("1."));
    REQUIRE(judgement->behaviours.size() == 1);
    CHECK(judgement->behaviours[0].name == Clamd::signature());
    CHECK(judgement->facts == std::vector<Fact>{{"Signature", Clamd::signature()}});
}

TEST_CASE("a real clamd finds nothing in what it does not know, be it empty or of many stretches") {
    const Clamd clamd;
    Laboratory laboratory(clamd.settings());
    for (const std::string& bytes : {std::string(), std::string("x"), large(3'000'001)}) {
        const Judgement judgement = laboratory.judge(bytes);
        INFO((judgement ? "" : judgement.error().error.text()));
        REQUIRE(judgement);
        CHECK(judgement->score == 0);
        CHECK(judgement->behaviours.empty());
    }
}

TEST_CASE("a sample that is longer than a real clamd takes is refused for good") {
    const Clamd clamd("StreamMaxLength 1M\n");
    Laboratory laboratory(clamd.settings());
    CHECK(laboratory.failure(large(8'000'000)) == "refused sample_too_large");
    CHECK(laboratory.judge(Clamd::malware())->score >= 95);
}

TEST_CASE("what a real clamd did not look at is no harmless sample where it says so") {
    const Clamd clamd("MaxFileSize 1M\nAlertExceedsMax yes\n");
    Laboratory laboratory(clamd.settings());
    CHECK(laboratory.failure(large(2'000'000)) == "refused engine_limits");
}

TEST_CASE("a clamd that went away is unavailable, and is asked again once it is back") {
    Clamd clamd;
    Laboratory laboratory(clamd.settings());
    CHECK(laboratory.judge("x"));
    clamd.stop();
    CHECK(laboratory.failure("x") == "unavailable engine_unreachable");
    clamd.start();
    CHECK(laboratory.judge("x"));
}

TEST_CASE("greeting a real clamd tells its name") {
    Clamd clamd;
    Laboratory laboratory(clamd.settings());
    const auto name = laboratory.loop.await(laboratory.engine->greet());
    REQUIRE(name);
    CHECK(name->name == "ClamAV");
    clamd.stop();
    const auto nobody = laboratory.loop.await(laboratory.engine->greet());
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().kind == NoVerdict::Kind::unavailable);
    CHECK_THAT(nobody.error().error.message, Catch::Contains(clamd.settings().socket.string()));
}

TEST_CASE("a clamd whose stream ends early is a failed attempt") {
    const auto ends_early = [](Visit& visit) {
        if (visit.take_until('\0') == "zVERSION") return visit.say(std::string_view("ClamAV 1\0", 9));
        visit.take(100);
        visit.close();
    };
    const ScriptedEngine clamd(ends_early, EngineProtocol::clamd);
    Laboratory laboratory(clamd.settings());
    CHECK(laboratory.failure(large(4'000'000)) == "failed engine_closed");
}

}  // namespace clamd_test
