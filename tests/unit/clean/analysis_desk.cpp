#include "server/clean/analysis_desk.hpp"

#include "records/disposition_services.hpp"
#include "records/dispositions.hpp"
#include "records/samples.hpp"
#include "tests/unit/clean/depot_rooms.hpp"

#include <catch2/catch.hpp>

namespace analysis_desk_test {

using namespace gatehouse::clean;
using namespace gatehouse::tests;
using gatehouse::records::SampleState;
namespace base = gatehouse::base;
namespace records = gatehouse::records;

namespace {

struct Desk {
    DepotRooms rooms;
    int queued = 0;
    std::int64_t malicious_score = 90;
    std::shared_ptr<AnalysisDesk> desk = std::make_shared<AnalysisDesk>(rooms.door, rooms.store(), dissemination());
    gatehouse::integrations::AnalysisWork work = desk->work();

    Dissemination dissemination() {
        return {[this] { return malicious_score; }, [this] { ++queued; }};
    }
    gatehouse::integrations::Turn take() {
        auto turn = rooms.loop.await(work.take());
        REQUIRE(turn);
        REQUIRE(*turn);
        return std::move(**turn);
    }
    bool nothing_waits() {
        const auto turn = rooms.loop.await(work.take());
        REQUIRE(turn);
        return !*turn;
    }
    records::Sample now(const std::string& id) {
        return rooms.with_database([&](records::Database& database) {
            return records::Samples(database).find({7, 3, false}, id);
        });
    }
};

gatehouse::integrations::Verdict verdict() {
    gatehouse::integrations::Verdict made;
    made.score = 95;
    made.behaviours = {{"bad", "Bad", 90, 80, "very"}};
    made.engine = "Engine";
    return made;
}

const base::Error broke{base::ErrorKind::unavailable, "engine_closed", "The engine broke off.", {}};

}  // namespace

TEST_CASE("the sample that waits longest is taken, with its file and its names", "[analysis_desk]") {
    Desk one;
    const auto first = one.rooms.submit("first", new_year, "first.bin");
    one.rooms.submit("second", new_year + std::chrono::seconds(1));
    const auto turn = one.take();
    CHECK(turn.attempt == 1);
    CHECK(turn.sample.id == first.id);
    CHECK(turn.sample.filename == "first.bin");
    CHECK(turn.sample.size == 5);
    CHECK(turn.sample.sha256 == first.content->sha256);
    CHECK(std::filesystem::file_size(turn.sample.file) == 5);
    CHECK(one.now(first.id).state == SampleState::run);
}

TEST_CASE("a verdict is kept, and recording it again does no harm", "[analysis_desk]") {
    Desk one;
    const auto sample = one.rooms.submit("judged");
    const auto id = one.take().sample.id;
    REQUIRE(one.rooms.loop.await(one.work.judged(id, verdict())));
    REQUIRE(one.rooms.loop.await(one.work.judged(id, verdict())));
    const auto now = one.now(sample.id);
    CHECK(now.state == SampleState::succ);
    CHECK(now.score == 95);
    CHECK(now.severity == 90);
    CHECK(one.nothing_waits());
}

TEST_CASE("a malicious sample is queued for other services with its verdict, once, one below the score is not",
          "[analysis_desk]") {
    Desk one;
    one.malicious_score = GENERATE(95, 96);
    one.rooms.with_database([&](records::Database& database) {
        records::ServiceRequest request;
        request.url = "https://cloud.example.test/";
        request.user_name = "gatehouse";
        request.password = base::Secret(std::string_view("let me in"));
        return records::DispositionServices(database, one.rooms.door.box_key).add(request, new_year);
    });
    const auto sample = one.rooms.submit("judged");
    const auto id = one.take().sample.id;
    REQUIRE(one.rooms.loop.await(one.work.judged(id, verdict())));
    const auto due = one.rooms.with_database([](records::Database& database) {
        const std::int64_t service = 1;
        return records::Dispositions(database).due(service, records::now(), 10, {});
    });
    if (one.malicious_score == 95) {
        REQUIRE(due.dispositions.size() == 1);
        CHECK(due.dispositions.front().sample == sample.id);
        CHECK(due.dispositions.front().sha256 == sample.content->sha256);
        CHECK(due.dispositions.front().score == 95);
        CHECK(due.dispositions.front().analyzed_at == one.now(sample.id).completed_at);
        CHECK(one.queued == 1);
    } else {
        CHECK(due.dispositions.empty());
        CHECK(one.queued == 0);
    }
}

TEST_CASE("an attempt that failed is repeated after its pause, and not before", "[analysis_desk]") {
    Desk one;
    const auto sample = one.rooms.submit("tried");
    REQUIRE(one.rooms.loop.await(one.work.failed(one.take().sample.id, broke, std::chrono::seconds(1))));
    CHECK(one.now(sample.id).state == SampleState::wait);
    CHECK(one.nothing_waits());
    one.rooms.loop.run_until([&] { return !one.nothing_waits() || one.now(sample.id).state == SampleState::run; });
    CHECK(one.now(sample.id).attempts == 2);
}

TEST_CASE("the last attempt fails for good and says why", "[analysis_desk]") {
    Desk one;
    const auto sample = one.rooms.submit("failed");
    REQUIRE(one.rooms.loop.await(one.work.failed(one.take().sample.id, broke, std::nullopt)));
    const auto now = one.now(sample.id);
    CHECK(now.state == SampleState::fail);
    CHECK(now.message == "The engine broke off.");
}

TEST_CASE("what was put back waits as if it had not been taken", "[analysis_desk]") {
    Desk one;
    const auto sample = one.rooms.submit("put back");
    REQUIRE(one.rooms.loop.await(one.work.put_back(one.take().sample.id, std::nullopt)));
    CHECK(one.now(sample.id).state == SampleState::wait);
    CHECK(one.take().attempt == 1);
}

TEST_CASE("what was under way when the last process ended waits again", "[analysis_desk]") {
    Desk one;
    const auto sample = one.rooms.submit("broken off");
    std::ignore = one.take();
    auto next = std::make_shared<AnalysisDesk>(one.rooms.door, one.rooms.store(), one.dissemination());
    REQUIRE(one.rooms.loop.await(next->resume()));
    CHECK(one.now(sample.id).state == SampleState::wait);
}

TEST_CASE("others go before one that the engine does not take now", "[analysis_desk]") {
    Desk one;
    const auto first = one.rooms.submit("not now");
    const auto second = one.rooms.submit("now", new_year + std::chrono::seconds(1));
    REQUIRE(one.rooms.loop.await(one.work.put_back(one.take().sample.id, std::chrono::minutes(30))));
    CHECK(one.take().sample.id == second.id);
    CHECK(one.nothing_waits());
    CHECK(one.now(first.id).attempts == 0);
}

TEST_CASE("a sample that the engine has all of is in proc until its verdict is there", "[analysis_desk]") {
    Desk one;
    const auto sample = one.rooms.submit("sent");
    const auto id = one.take().sample.id;
    REQUIRE(one.rooms.loop.await(one.work.sent(id)));
    CHECK(one.now(sample.id).state == SampleState::proc);
    REQUIRE(one.rooms.loop.await(one.work.judged(id, verdict())));
    REQUIRE(one.rooms.loop.await(one.work.sent(id)));
    CHECK(one.now(sample.id).state == SampleState::succ);
}

}  // namespace analysis_desk_test
