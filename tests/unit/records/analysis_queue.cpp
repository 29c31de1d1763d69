#include "records/analysis_queue.hpp"

#include "records/retention.hpp"
#include "tests/unit/records/fresh_sample.hpp"

namespace analysis_queue_test {
namespace {

using namespace gatehouse::records;
using namespace gatehouse::tests;
using std::chrono::seconds;

std::int64_t taken(Database& database, Time when = new_year) {
    const auto next = AnalysisQueue(database).take(when);
    REQUIRE(next);
    return *next ? (*next)->number : 0;
}

Sample looked_up(Database& database, std::int64_t number) {
    const auto rows = database.query("SELECT id FROM samples WHERE number = $1", {number});
    REQUIRE(rows);
    const auto sample = Samples(database).find(root, rows->at(0).text(0));
    REQUIRE(sample);
    return *sample;
}

}  // namespace

TEST_CASE("analysis queue: the oldest that waits comes next") {
    const Box box;
    auto database = box.open();
    for (int i = 0; i < 3; ++i)
        submitted(database, ada, "a", "a", new_year - seconds(i));
    for (std::int64_t number = 1; number <= 3; ++number)
        CHECK(taken(database) == number);
    CHECK(taken(database) == 0);
}

TEST_CASE("analysis queue: what is taken runs, with what the engine needs to know") {
    const Box box;
    auto database = box.open();
    submitted(database, fresh_sample(ada, "a.zip", content("abc")));
    const auto next = AnalysisQueue(database).take(new_year + seconds(5));
    REQUIRE(next);
    REQUIRE(*next);
    CHECK((*next)->content->sha256 == content("abc").sha256);
    const Sample sample = looked_up(database, 1);
    CHECK(sample.state == SampleState::run);
    CHECK(sample.attempts == 1);
    CHECK(sample.started_at == new_year + seconds(5));
    CHECK_FALSE(sample.completed_at);
}

TEST_CASE("analysis queue: one that has to pause is not taken before, others are, and a clock put back ends it") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    submitted(database, ada, "b");
    AnalysisQueue queue(database);
    CHECK(taken(database) == 1);
    REQUIRE(queue.retry(1, "x", new_year, new_year + seconds(30)));
    CHECK(looked_up(database, 1).state == SampleState::wait);
    CHECK(taken(database) == 2);
    CHECK(taken(database, new_year + seconds(29)) == 0);
    CHECK(taken(database, new_year + seconds(30)) == 1);
    REQUIRE(queue.put_back(1, new_year + seconds(60)));
    CHECK(taken(database, new_year + seconds(30)) == 0);
    CHECK(taken(database, new_year - std::chrono::hours(24)) == 1);
    REQUIRE(queue.put_back(1));
    CHECK(taken(database) == 1);
}

TEST_CASE("analysis queue: a verdict ends it with score, behaviours and report") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "a").id;
    taken(database);
    AnalysisQueue queue(database);
    REQUIRE(queue.working_in(1));
    CHECK(looked_up(database, 1).state == SampleState::proc);
    const Verdict verdict{95,
                          {{"beacon", "Talks to <somebody>", 60, 90, "to 192.0.2.1"}, {"packed", "Packed", 80, 20, ""}},
                          std::string("{\"raw\":\0\xFF}", 10)};
    const auto judged = queue.judge(1, verdict, new_year + seconds(9));
    REQUIRE(judged);
    CHECK(judged->score == 95);
    const Sample sample = looked_up(database, 1);
    CHECK(sample.state == SampleState::succ);
    CHECK(status_of(sample.state) == "job_done");
    CHECK(sample.score == 95);
    CHECK(sample.severity == 80);
    CHECK(sample.confidence == 90);
    CHECK(sample.completed_at == new_year + seconds(9));
    Samples samples(database);
    CHECK(samples.behaviours(ada, id) == verdict.behaviours);
    CHECK(samples.report(ada, id) == verdict.report);
}

TEST_CASE("analysis queue: what an engine says out of all measure is bounded") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "a").id;
    const std::string other = submitted(database, ada, "b").id;
    taken(database);
    taken(database);
    AnalysisQueue queue(database);
    const Behaviour wild{std::string("n\0\xFF", 3) + std::string(200, 'n'), std::string(5000, 't'), -7, 1000,
                         std::string(100'000, 'd')};
    REQUIRE(queue.judge(1, {100'000, std::vector<Behaviour>(1500, wild), {}}, new_year));
    const auto kept = Samples(database).behaviours(ada, id);
    REQUIRE(kept);
    CHECK(kept->size() == 1000);
    CHECK(kept->front().name.size() == 128);
    CHECK(kept->front().name.starts_with("n\xEF\xBF\xBD\xEF\xBF\xBDn"));
    CHECK(kept->front().title.size() == 512);
    CHECK(kept->front().detail.size() == 4096);
    CHECK(kept->front().severity == 0);
    CHECK(kept->front().confidence == 100);
    CHECK(looked_up(database, 1).score == 100);
    REQUIRE(queue.judge(2, {-3, {}, {}}, new_year));
    CHECK(looked_up(database, 2).score == 0);
    CHECK_FALSE(looked_up(database, 2).severity);
}

TEST_CASE("analysis queue: what is done beside a verdict stands and falls with it") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "a").id;
    taken(database);
    AnalysisQueue queue(database);
    {
        const auto transaction = Transaction::begin(database);
        REQUIRE(queue.judge(1, {95, {{"b", "B", 1, 1, ""}}, "r"}, new_year));
    }
    CHECK(looked_up(database, 1).state == SampleState::run);
    CHECK(Samples(database).behaviours(ada, id)->empty());
    CHECK(found(database, ada, {.state = SampleState::run}) == Numbers{1});
    REQUIRE(queue.judge(1, {95, {{"b", "B", 1, 1, ""}}, "r"}, new_year));
}

TEST_CASE("analysis queue: a failure is final and says why") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    taken(database);
    AnalysisQueue queue(database);
    REQUIRE(queue.fail(1, "too large for the engine\xFF" + std::string(5000, 'x'), new_year + seconds(1)));
    const Sample sample = looked_up(database, 1);
    CHECK(sample.state == SampleState::fail);
    CHECK(sample.message.starts_with("too large for the engine\xEF\xBF\xBDxx"));
    CHECK(sample.message.size() == 1024);
    CHECK(sample.completed_at == new_year + seconds(1));
    CHECK_FALSE(sample.score);
    CHECK(taken(database) == 0);
}

TEST_CASE("analysis queue: an attempt that came to nothing is made again until none is left") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    AnalysisQueue queue(database);
    for (std::int64_t attempt = 1; attempt <= AnalysisQueue::most_attempts; ++attempt) {
        CHECK(taken(database) == 1);
        const auto sample = queue.retry(1, "the engine hung up", new_year);
        REQUIRE(sample);
        CHECK(sample->attempts == attempt);
        CHECK(sample->state == (attempt < AnalysisQueue::most_attempts ? SampleState::wait : SampleState::fail));
    }
    CHECK(looked_up(database, 1).message == "the engine hung up");
    CHECK(taken(database) == 0);
}

TEST_CASE("analysis queue: a verdict after failed attempts says nothing of them") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    AnalysisQueue queue(database);
    taken(database);
    REQUIRE(queue.retry(1, "the engine hung up", new_year));
    CHECK(looked_up(database, 1).message == "the engine hung up");
    taken(database);
    REQUIRE(queue.judge(1, {1, {}, {}}, new_year));
    CHECK(looked_up(database, 1).message.empty());
}

TEST_CASE("analysis queue: an engine that is not there burns no attempt") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    AnalysisQueue queue(database);
    for (int i = 0; i < 10; ++i) {
        CHECK(taken(database) == 1);
        const auto sample = queue.put_back(1);
        REQUIRE(sample);
        CHECK(sample->state == SampleState::wait);
        CHECK(sample->attempts == 0);
        CHECK_FALSE(sample->started_at);
    }
}

TEST_CASE("analysis queue: what ran when the appliance stopped waits again, or fails after its last attempt") {
    const Box box;
    {
        auto database = box.open();
        for (int i = 0; i < 4; ++i)
            submitted(database, ada, "a");
        AnalysisQueue queue(database);
        for (std::int64_t attempt = 1; attempt < AnalysisQueue::most_interrupted; ++attempt) {
            CHECK(taken(database) == 1);
            CHECK(queue.resume(new_year)->waiting == Numbers{1});
        }
        CHECK(taken(database) == 1);
        CHECK(taken(database) == 2);
        CHECK(taken(database) == 3);
        REQUIRE(queue.working_in(2));
        REQUIRE(queue.judge(3, {}, new_year));
    }
    auto database = box.open();
    AnalysisQueue queue(database);
    const auto resumed = queue.resume(new_year + seconds(7));
    REQUIRE(resumed);
    CHECK(resumed->failed == Numbers{1});
    CHECK(resumed->waiting == Numbers{2});
    CHECK(looked_up(database, 1).state == SampleState::fail);
    CHECK(looked_up(database, 1).completed_at == new_year + seconds(7));
    CHECK_FALSE(looked_up(database, 1).message.empty());
    CHECK(looked_up(database, 3).state == SampleState::succ);
    CHECK(taken(database) == 2);
    CHECK(taken(database) == 4);
    CHECK(queue.resume(new_year)->waiting.size() == 2);
}

TEST_CASE("analysis queue: only what an engine has can be judged") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    AnalysisQueue queue(database);
    const auto refused = [&](std::int64_t number) {
        const auto code = error_of(queue.judge(number, {}, new_year)).code;
        CHECK(error_of(queue.fail(number, "", new_year)).code == code);
        CHECK(error_of(queue.retry(number, "", new_year)).code == code);
        CHECK(error_of(queue.put_back(number)).code == code);
        CHECK(error_of(queue.working_in(number)).code == code);
        return code;
    };
    CHECK(refused(1) == "not_running");
    taken(database);
    REQUIRE(queue.judge(1, {}, new_year));
    CHECK(refused(1) == "not_running");
    CHECK(refused(2) == "no_sample");
}

TEST_CASE("analysis queue: counts follow each change") {
    const Box box;
    auto database = box.open();
    for (int i = 0; i < 5; ++i)
        submitted(database, ada, "a");
    AnalysisQueue queue(database);
    taken(database);
    taken(database);
    taken(database);
    REQUIRE(queue.judge(1, {}, new_year));
    REQUIRE(queue.fail(2, "", new_year));
    REQUIRE(queue.working_in(3));
    REQUIRE(Retention(database).forget(Numbers{5}));
    CHECK(kept_in(database, SampleState::wait) == 1);
    CHECK(kept_in(database, SampleState::prep) == 0);
    CHECK(kept_in(database, SampleState::run) == 0);
    CHECK(kept_in(database, SampleState::proc) == 1);
    CHECK(kept_in(database, SampleState::succ) == 1);
    CHECK(kept_in(database, SampleState::fail) == 1);
}

}  // namespace analysis_queue_test
