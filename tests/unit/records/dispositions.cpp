#include "tests/unit/records/dispositions.hpp"

#include "records/disposition_queries.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <string_view>

namespace dispositions_test {
namespace {

using namespace gatehouse;
using namespace gatehouse::records;
using namespace gatehouse::tests;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = DispositionOutcome::Kind;
using Names = std::vector<std::string>;
namespace queries = disposition_queries;

constexpr hours year{24 * 365};

struct Line {
    Box box;
    Database database = box.open();
    std::int64_t service = add_service(database);

    void reopen() { database = box.open(); }
    std::int64_t first(Time now = new_year) {
        const auto due = due_of(database, service, now);
        REQUIRE_FALSE(due.dispositions.empty());
        return due.dispositions.front().id;
    }
    void record(const std::vector<DispositionOutcome>& outcomes, Time now = new_year) {
        const auto recorded = Dispositions(database).record(outcomes, now);
        INFO((recorded ? "" : recorded.error().text()));
        REQUIRE(recorded);
    }
    void record(Kind kind, std::int64_t id, Time now = new_year, seconds again_in = seconds(30)) {
        record({{kind, id, service, kind == Kind::delivered ? "" : "The service said no.", again_in}}, now);
    }
    Names due(Time now = new_year) { return due_samples(database, service, now); }
    ServiceQueue queue() { return service_now(database, service).queue; }
    std::int64_t count(const std::string& state) {
        const auto rows = database.query("SELECT count(*) FROM dispositions WHERE state = $1", {state});
        REQUIRE(rows);
        return rows->front().integer(0);
    }
    /// So many of as many contents, or all of one.
    void fill(std::int64_t number, bool one_content = false) {
        const auto filled = database.change(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1) INSERT INTO dispositions "
            "(service, sample, sha256, sha1, md5, score, analyzed_at, idempotency_key, state, queued_at, next_try, "
            "attempts, probes_before, message) SELECT $2, 's' || i, CASE WHEN $3 THEN 'same' ELSE printf('%064d', i) "
            "END, '', '', 95, 0, 'k' || i, CASE WHEN $3 AND i > 0 THEN 'behind' ELSE 'waiting' END, $4 + i, $4 + i, 0, "
            "0, '' FROM n",
            {number, service, one_content, new_year - hours(1)});
        REQUIRE(filled);
        REQUIRE(*filled == number);
    }
    /// How SQLite means to find what the statement asks for.
    std::string plan(const std::string& sql) {
        const auto rows = database.query("EXPLAIN QUERY PLAN " + std::regex_replace(sql, std::regex("\\$[0-9]+"), "1"));
        INFO((rows ? "" : rows.error().text()));
        REQUIRE(rows);
        std::string text;
        for (const Row& row : *rows)
            text += row.text(3) + "\n";
        return text;
    }
};

}  // namespace

TEST_CASE("dispositions: a malicious sample is queued for each service with what the verdict was") {
    Line line;
    const auto other = add_service(line.database, "other");
    const Sample sample = judged_sample("abc", 97, new_year - minutes(1));
    CHECK(Dispositions(line.database).enqueue(sample, 90, new_year) == 2);
    const auto one = due_of(line.database, line.service, new_year).dispositions.at(0);
    CHECK(one.service == line.service);
    CHECK(one.sample == sample.id);
    CHECK(one.sha256 == sample.content->sha256);
    CHECK(one.sha1 == sample.content->sha1);
    CHECK(one.md5 == sample.content->md5);
    CHECK(one.score == 97);
    CHECK(one.analyzed_at == new_year - minutes(1));
    CHECK(one.attempts == 0);
    CHECK(one.idempotency_key.size() == 32);
    CHECK(one.idempotency_key != due_of(line.database, other, new_year).dispositions.at(0).idempotency_key);
    CHECK(line.queue().waiting == 1);
    CHECK(line.queue().oldest_waiting == new_year);
}

TEST_CASE("dispositions: nothing is told of a sample below the score, or where nobody is to be told") {
    Line line;
    Dispositions dispositions(line.database);
    CHECK(dispositions.enqueue(judged_sample("a", 89), 90, new_year) == 0);
    CHECK(dispositions.enqueue(judged_sample("a", 0), 1, new_year) == 0);
    Sample none = judged_sample("a");
    none.score.reset();
    CHECK(dispositions.enqueue(none, 1, new_year) == 0);
    Sample url = judged_sample("a");
    url.content.reset();
    CHECK(dispositions.enqueue(url, 1, new_year) == 0);
    CHECK(line.queue().waiting == 0);
    CHECK(dispositions.enqueue(judged_sample("a", 90), 90, new_year) == 1);
    REQUIRE(DispositionServices(line.database, box_key()).remove_next(line.service) == true);
    CHECK(dispositions.enqueue(judged_sample("b"), 90, new_year) == 0);
}

TEST_CASE("dispositions: verdict and queue stand and fall together") {
    Line line;
    submitted(line.database, ada, "a");
    AnalysisQueue analysis(line.database);
    REQUIRE(*analysis.take(new_year));
    const bool committed = GENERATE(true, false);
    {
        auto transaction = Transaction::begin(line.database);
        REQUIRE(transaction);
        const auto judged = analysis.judge(1, {95, {}, {}}, new_year);
        REQUIRE(judged);
        CHECK(Dispositions(line.database).enqueue(*judged, 90, new_year) == 1);
        if (committed) REQUIRE(transaction->commit());
    }
    line.reopen();
    CHECK(line.due().size() == (committed ? 1 : 0));
    CHECK(kept_in(line.database, SampleState::succ) == (committed ? 1 : 0));
}

TEST_CASE("dispositions: a sample that is forgotten is told all the same") {
    Line line;
    const auto id = submitted(line.database, ada, "a", "abc").id;
    AnalysisQueue analysis(line.database);
    REQUIRE(*analysis.take(new_year));
    const auto judged = analysis.judge(1, {95, {}, {}}, new_year);
    REQUIRE(Dispositions(line.database).enqueue(*judged, 90, new_year) == 1);
    const std::int64_t number = 1;
    REQUIRE(line.database.change("DELETE FROM samples WHERE number = $1", {number}));
    const auto due = due_of(line.database, line.service, new_year).dispositions;
    REQUIRE(due.size() == 1);
    CHECK(due.front().sample == id);
    CHECK(due.front().sha256 == content("abc").sha256);
}

TEST_CASE("dispositions: what was not recorded is due again after a restart, what was is not") {
    Line line;
    const auto one = queued(line.database, "a");
    const auto two = queued(line.database, "b");
    const auto key = due_of(line.database, line.service, new_year).dispositions.at(0).idempotency_key;
    line.reopen();  // killed before anything was tried, or while it was, or before that was recorded
    CHECK(line.due() == Names{one, two});
    CHECK(due_of(line.database, line.service, new_year).dispositions.at(0).idempotency_key == key);
    line.record(Kind::delivered, line.first());
    line.reopen();
    CHECK(line.due() == Names{two});
    line.record(Kind::again, line.first(), new_year, seconds(30));
    line.reopen();
    CHECK(line.due().empty());
    CHECK(line.due(new_year + seconds(30)) == Names{two});
    line.record(Kind::refused, line.first(new_year + seconds(30)), new_year + seconds(30));
    line.reopen();
    CHECK(line.due(new_year + hours(1)).empty());
    CHECK(line.queue().failed == 1);
}

TEST_CASE("dispositions: outcomes are recorded together or not at all") {
    Line line;
    queued(line.database, "a");
    queued(line.database, "b");
    const auto due = due_of(line.database, line.service, new_year).dispositions;
    {
        const auto outer = Transaction::begin(line.database);
        line.record({{Kind::delivered, due[0].id, line.service}, {Kind::refused, due[1].id, line.service, "no"}});
    }
    CHECK(line.due().size() == 2);
    line.record({{Kind::delivered, due[0].id, line.service}, {Kind::refused, due[1].id, line.service, "no"}});
    CHECK(line.due().empty());
    CHECK(line.queue().waiting == 0);
    CHECK(line.queue().failed == 1);
    const auto service = service_now(line.database, line.service);
    CHECK(service.last_success == new_year);
    CHECK(service.last_failure == new_year);
    CHECK(service.failure_message == "no");
}

TEST_CASE("dispositions: recording again, or of what is gone, does no harm") {
    Line line;
    queued(line.database, "a");
    const auto id = line.first();
    line.record(Kind::delivered, id);
    for (const Kind kind : {Kind::delivered, Kind::refused, Kind::again, Kind::away})
        line.record(kind, id);
    CHECK(line.queue().waiting == 0);
    CHECK(line.queue().failed == 0);
    queued(line.database, "b");
    const auto next = line.first();
    REQUIRE(DispositionServices(line.database, box_key()).remove_next(line.service) == true);
    for (const Kind kind : {Kind::delivered, Kind::refused, Kind::again, Kind::away})
        line.record(kind, next);
    CHECK(line.count("waiting") == 0);
    CHECK(Dispositions(line.database).expire(line.service, new_year) == 0U);
}

TEST_CASE("dispositions: one that has failed stays as it failed, whatever a late call comes to, unless it arrived") {
    Line line;
    queued(line.database, "a");
    const auto id = line.first();
    line.record({{Kind::refused, id, line.service, "first"}});
    for (const Kind kind : {Kind::refused, Kind::again, Kind::away})
        line.record({{kind, id, line.service, "late"}});
    const auto failed = Dispositions(line.database).failed(line.service, std::nullopt, 1);
    REQUIRE(failed->size() == 1);
    CHECK(failed->front().message == "first");
    CHECK(failed->front().attempts == 1);
    line.record(Kind::delivered, id);
    CHECK(line.queue().failed == 0);
}

TEST_CASE("dispositions: of one content an older one stands before a later one, of others none") {
    Line line;
    const auto a1 = queued(line.database, "a", new_year);
    const auto a2 = queued(line.database, "a", new_year + seconds(1));
    const auto b = queued(line.database, "b", new_year + seconds(2));
    const auto a3 = queued(line.database, "a", new_year + seconds(3));
    const Time later = new_year + minutes(1);
    CHECK(line.due(later) == Names{a1, b});
    CHECK(line.queue().waiting == 4);
    SECTION("one that is tried again keeps its place") {
        line.record(Kind::again, line.first(later), later, seconds(30));
        CHECK(line.due(later) == Names{b});
        CHECK(line.due(later + seconds(30)) == Names{b, a1});
    }
    SECTION("one that was delivered makes room for the next alone") {
        line.record(Kind::delivered, line.first(later), later);
        CHECK(line.due(later) == Names{a2, b});
        line.record(Kind::delivered, line.first(later), later);
        CHECK(line.due(later) == Names{b, a3});
    }
    SECTION("one that failed for good stands in nobody's way") {
        line.record(Kind::refused, line.first(later), later);
        CHECK(line.due(later) == Names{a2, b});
        CHECK(line.queue().failed == 1);
        CHECK(line.queue().waiting == 3);
    }
    SECTION("one that failed is told before what comes after it, or not at all") {
        const auto id = line.first(later);
        line.record(Kind::refused, id, later);
        REQUIRE(Dispositions(line.database).retry(line.service, id, later));
        CHECK(line.due(later) == Names{a2, b});
        CHECK(line.queue().failed == 0);
        line.record(Kind::delivered, line.first(later), later);
        CHECK(line.due(later) == Names{b, a3});
        CHECK(line.queue().waiting == 2);
    }
    SECTION(
        "one that failed is forgotten when a later word on the content was told, and a later one that failed is not") {
        line.record(Kind::refused, line.first(later), later);  // a1
        const auto second = line.first(later);
        CHECK(line.queue().failed == 1);
        const auto other = due_of(line.database, line.service, later).dispositions.at(1).id;
        line.record(Kind::delivered, other, later);  // b
        CHECK(line.queue().failed == 1);
        line.record(Kind::refused, second, later);  // a2
        CHECK(line.due(later) == Names{a3});
        REQUIRE(retry_all(line.database, line.service, later) == 2);  // before a3, which waits
        CHECK(line.queue().waiting == 1);
        line.record(Kind::delivered, line.first(later), later);
        CHECK(line.queue().waiting + line.queue().failed == 0);
    }
    SECTION("another service has an order of its own") {
        const auto other = add_service(line.database, "other");
        const auto a4 = queued(line.database, "a", later);
        CHECK(due_samples(line.database, other, later) == Names{a4});
    }
}

TEST_CASE("dispositions: what is held is not taken twice, and does not count against the limit") {
    Line line;
    for (const char* seed : {"a", "b", "c", "d"})
        queued(line.database, seed);
    const auto all = due_of(line.database, line.service, new_year).dispositions;
    REQUIRE(all.size() == 4);
    CHECK(due_samples(line.database, line.service, new_year, 2) == Names{all[0].sample, all[1].sample});
    CHECK(due_samples(line.database, line.service, new_year, 2, {all[0].id, all[2].id}) ==
          Names{all[1].sample, all[3].sample});
    CHECK(due_samples(line.database, line.service, new_year, 0) == Names{all[0].sample});
}

TEST_CASE("dispositions: when the next one is due is told") {
    Line line;
    CHECK_FALSE(due_of(line.database, line.service, new_year).next);
    queued(line.database, "a");
    queued(line.database, "b");
    line.record(Kind::again, line.first(), new_year, seconds(90));
    CHECK(due_of(line.database, line.service, new_year).next == new_year + seconds(90));
    line.record(Kind::again, line.first(), new_year, seconds(40));
    CHECK(due_of(line.database, line.service, new_year).next == new_year + seconds(40));
}

TEST_CASE("dispositions: a service that was away is not tried with the same one again first") {
    Line line;
    const auto a = queued(line.database, "a", new_year);
    const auto b = queued(line.database, "b", new_year + seconds(1));
    line.record(Kind::away, line.first(new_year + seconds(5)), new_year + seconds(5));
    CHECK(line.due(new_year + seconds(5)) == Names{b, a});
    CHECK(due_of(line.database, line.service, new_year + seconds(5)).dispositions.at(1).attempts == 0);
}

TEST_CASE("dispositions: one that gets no better answer in a day and many attempts has failed") {
    Line line;
    queued(line.database, "a");
    const auto id = line.first();
    Time now = new_year;
    for (std::int64_t i = 1; i < Dispositions::fewest_tries; ++i) {
        line.record(Kind::again, id, now);
        now += minutes(70);
    }
    CHECK(line.queue().waiting == 1);
    line.record(Kind::again, id, now);  // a day and 24 attempts
    CHECK(line.queue().waiting == 0);
    const auto failed = Dispositions(line.database).failed(line.service, std::nullopt, 10);
    REQUIRE(failed);
    REQUIRE(failed->size() == 1);
    CHECK(failed->front().message == "The service said no.");
    CHECK(failed->front().attempts == Dispositions::fewest_tries);
}

TEST_CASE("dispositions: many attempts in less than a day are no failure") {
    Line line;
    queued(line.database, "a");
    const auto id = line.first();
    for (int i = 0; i < 100; ++i)
        line.record(Kind::again, id, new_year + minutes(14 * i));
    CHECK(line.queue().waiting == 1);
}

TEST_CASE("dispositions: a day without the service fails all that waited for so long, whoever was tried") {
    Line line;
    for (const char* seed : {"a", "b", "b", "c"})
        queued(line.database, seed);
    Dispositions dispositions(line.database);
    Time now = new_year;
    for (std::int64_t i = 0; i < Dispositions::fewest_tries; ++i) {
        line.record(Kind::away, line.first(now), now);
        CHECK(dispositions.expire(line.service, now) == 0U);
        now += hours(1);
    }
    const auto late = queued(line.database, "d", now - hours(1));
    CHECK(dispositions.expire(line.service, now) == 4U);
    CHECK(line.queue().failed == 4);
    CHECK(line.due(now) == Names{late});
    const auto failed = dispositions.failed(line.service, std::nullopt, 10);
    CHECK(failed->at(0).message.find("24 hours") != std::string::npos);
}

TEST_CASE("dispositions: how many were given up is told, of each service, and how many are kept in all") {
    Line line;
    queued(line.database, "a");
    queued(line.database, "b");
    Dispositions dispositions(line.database);
    Time now = new_year;
    const std::vector<DispositionOutcome> of_nothing{{Kind::away, 0, line.service, "It can't be called.", seconds(0)}};
    for (std::int64_t i = 0; i < Dispositions::fewest_tries; ++i) {
        const auto recorded = dispositions.record(of_nothing, now);
        REQUIRE(recorded);
        CHECK(recorded->empty());
        now += hours(1);
    }
    const std::vector<DispositionOutcome> again{{Kind::again, line.first(now), line.service, "500", seconds(1)}};
    const auto recorded = dispositions.record(again, now);
    REQUIRE(recorded);
    CHECK(*recorded == Dispositions::GivenUp{{line.service, 1}});
    CHECK(dispositions.expire(line.service, now) == 1U);
    CHECK(dispositions.failed_in_all() == 2);
    CHECK(dispositions.failed(line.service, std::nullopt, 1)->at(0).message ==
          "It could not be told for 24 hours. 500");
    const std::vector<DispositionOutcome> refused{{Kind::refused, 0, line.service, "404", seconds(0)}};
    CHECK(dispositions.record(refused, now)->empty());
}

TEST_CASE("dispositions: what waits for a later attempt may be tried at once when somebody asks") {
    Line line;
    queued(line.database, "a");
    line.record(Kind::again, line.first(new_year), new_year, seconds(600));
    CHECK(line.due(new_year + seconds(1)).empty());
    REQUIRE(Dispositions(line.database).hasten(line.service + 1, new_year + seconds(1)));
    CHECK(line.due(new_year + seconds(1)).empty());
    REQUIRE(Dispositions(line.database).hasten(line.service, new_year + seconds(1)));
    CHECK(line.due(new_year + seconds(1)).size() == 1);
}

TEST_CASE("dispositions: a clock that jumps ahead fails nothing that was tried too seldom") {
    Line line;
    queued(line.database, "a");
    queued(line.database, "b");
    line.record(Kind::again, line.first(), new_year, seconds(600));
    const Time ahead = new_year + year;
    CHECK(line.due(ahead).size() == 2);  // and what had to wait need not
    Dispositions dispositions(line.database);
    line.record(Kind::away, line.first(ahead), ahead);
    CHECK(dispositions.expire(line.service, ahead) == 0U);
    line.record(Kind::again, line.first(ahead), ahead);
    CHECK(line.queue().failed == 0);
    CHECK(line.queue().waiting == 2);
}

TEST_CASE("dispositions: a clock that is set back delays nothing") {
    Line line;
    queued(line.database, "a");
    queued(line.database, "b");
    queued(line.database, "c");
    line.record(Kind::again, line.first(), new_year, seconds(600));
    const Time back = new_year - year;
    CHECK(line.due(back).size() == 3);
    CHECK(due_samples(line.database, line.service, back, 2).size() == 2);
    SECTION("and the patience begins anew: alone") {
        const auto id = line.first(back);
        for (int i = 0; i <= 24; ++i)
            line.record(Kind::again, id, back + hours(i));
        CHECK(line.queue().failed == 1);
    }
    SECTION("and the patience begins anew: with its service") {
        Dispositions dispositions(line.database);
        for (int i = 0; i < 24; ++i) {
            line.record(Kind::away, line.first(back), back);
            CHECK(dispositions.expire(line.service, back + hours(i)) == 0U);
        }
        CHECK(dispositions.expire(line.service, back + hours(24)) == 3U);
    }
}

TEST_CASE("dispositions: a pause is never longer than the longest") {
    Line line;
    const auto a = queued(line.database, "a");
    line.record(Kind::again, line.first(), new_year, hours(1000));
    CHECK(line.due(new_year + minutes(59)).empty());
    CHECK(line.due(new_year + hours(1)) == Names{a});
    line.record(Kind::again, line.first(new_year + hours(1)), new_year + hours(1), seconds(-5));
    CHECK(line.due(new_year + hours(1)) == Names{a});
}

TEST_CASE("dispositions: what has failed waits again as if it were queued now, one or all, under its key") {
    Line line;
    Names names;
    for (const char* seed : {"a", "b", "b", "c"})
        names.push_back(queued(line.database, seed));
    const auto key = due_of(line.database, line.service, new_year).dispositions.at(0).idempotency_key;
    for (int i = 0; i < 4; ++i)
        line.record(Kind::refused, line.first());
    CHECK(line.queue().failed == 4);
    Dispositions dispositions(line.database);
    const auto failed = dispositions.failed(line.service, std::nullopt, 10);
    REQUIRE(failed->size() == 4);
    const Time later = new_year + hours(100);
    SECTION("one") {
        REQUIRE(dispositions.retry(line.service, failed->back().id, later));
        CHECK(error_of(dispositions.retry(line.service, failed->back().id, later)).code == "no_disposition");
        CHECK(error_of(dispositions.retry(line.service + 1, failed->front().id, later)).code == "no_disposition");
        const auto due = due_of(line.database, line.service, later).dispositions;
        REQUIRE(due.size() == 1);
        CHECK(due.front().sample == names[0]);
        CHECK(due.front().idempotency_key == key);
        CHECK(due.front().attempts == 0);
        CHECK(due.front().queued_at == later);
        CHECK(due.front().message.empty());
    }
    SECTION("all, in the order of each content") {
        const auto b3 = queued(line.database, "b", later);
        CHECK(retry_all(line.database, line.service, later) == 4);
        CHECK(line.queue().waiting == 3);  // of b the latest says all
        CHECK(line.queue().failed == 0);
        auto due = line.due(later);
        std::sort(due.begin(), due.end());
        auto expected = Names{names[0], b3, names[3]};
        std::sort(expected.begin(), expected.end());
        CHECK(due == expected);
        CHECK(retry_all(line.database, line.service, later) == 0);
    }
    SECTION("and has its whole time before it") {
        CHECK(retry_all(line.database, line.service, later) == 4);
        line.record(Kind::again, line.first(later), later);
        CHECK(line.queue().failed == 0);
    }
}

TEST_CASE("dispositions: failed ones come in pages, the latest first") {
    Line line;
    Names names;
    for (const char* seed : {"a", "b", "c"}) {
        names.push_back(queued(line.database, seed));
        line.record(Kind::refused, line.first());
    }
    Dispositions dispositions(line.database);
    const auto page = dispositions.failed(line.service, std::nullopt, 2);
    REQUIRE(page->size() == 2);
    CHECK(page->at(0).sample == names[2]);
    const auto rest = dispositions.failed(line.service, page->at(1).id, 2);
    REQUIRE(rest->size() == 1);
    CHECK(rest->at(0).sample == names[0]);
    CHECK(dispositions.failed(line.service, rest->at(0).id, 2)->empty());
}

TEST_CASE("dispositions: what a service says out of all measure is cut") {
    Line line;
    queued(line.database, "a");
    line.record({{Kind::refused, line.first(), line.service, std::string("\0\xFF", 2) + std::string(5000, 'x')}});
    const auto failed = Dispositions(line.database).failed(line.service, std::nullopt, 1);
    CHECK(failed->at(0).message.size() <= 1024);
    CHECK(failed->at(0).message.starts_with("\xEF\xBF\xBD\xEF\xBF\xBDxx"));
    CHECK(service_now(line.database, line.service).failure_message == failed->at(0).message);
}

TEST_CASE("dispositions: more failed ones than are kept are dropped, the oldest first, and counted") {
    Line line;
    line.fill(Dispositions::most_failed + 2);
    REQUIRE(line.database.change("UPDATE dispositions SET state = 'failed' WHERE id > 2", {}));
    CHECK(line.queue().failed == Dispositions::most_failed);
    const auto due = due_of(line.database, line.service, new_year).dispositions;
    REQUIRE(due.size() == 2);
    line.record({{Kind::refused, due[0].id, line.service, "no"}, {Kind::refused, due[1].id, line.service, "no"}});
    CHECK(line.queue().failed == Dispositions::most_failed);
    CHECK(line.queue().dropped == 2);
    const auto oldest = line.database.query("SELECT min(id) FROM dispositions");
    CHECK(oldest->front().integer(0) == 3);
}

TEST_CASE("dispositions: the totals are those of the rows, whatever happened") {
    Line line;
    std::set<std::int64_t> held;
    unsigned seed = 1;
    const auto random = [&](unsigned below) {
        seed = seed * 1103515245U + 12345U;
        return (seed >> 16U) % below;
    };
    Dispositions dispositions(line.database);
    for (int step = 0; step < 600; ++step) {
        const Time now = new_year + minutes(step);
        const std::string content_name(1, static_cast<char>('a' + random(6)));
        const auto due = due_of(line.database, line.service, now).dispositions;
        switch (random(5)) {
            case 0:
            case 1:
                queued(line.database, content_name, now);
                break;
            case 2:
            case 3:
                if (!due.empty()) {
                    line.record(static_cast<Kind>(random(4)), due[random(static_cast<unsigned>(due.size()))].id, now);
                }
                break;
            default:
                if (random(10) == 0) (void)retry_all(line.database, line.service, now);
                if (random(3) == 0) REQUIRE(dispositions.expire(line.service, now));
        }
        REQUIRE(line.queue().waiting == line.count("waiting") + line.count("behind"));
        REQUIRE(line.queue().failed == line.count("failed"));
        // Whoever waits has exactly one of its content that may be tried.
        const auto contents =
            line.database.query("SELECT count(DISTINCT sha256) FROM dispositions WHERE state <> 'failed'");
        REQUIRE(contents->front().integer(0) == line.count("waiting"));
    }
}

TEST_CASE("dispositions: a hundred thousand are gone through by indexes, be they of as many contents or of one") {
    Line line;
    line.fill(100'000, GENERATE(true, false));
    const auto due = due_of(line.database, line.service, new_year, 64);
    CHECK((due.dispositions.size() == 1 || due.dispositions.size() == 64));
    CHECK(line.queue().waiting == 100'000);
    CHECK(line.queue().oldest_waiting == new_year - hours(1));
    const auto uses = [&](std::string_view sql, const std::string& index) {
        const std::string statement =
            (sql.starts_with("WHERE") ? "SELECT * FROM dispositions " : "") + std::string(sql);
        const std::string plan = line.plan(statement);
        CAPTURE(statement, plan);
        CHECK(plan.find("INDEX " + index) != std::string::npos);
        CHECK(plan.find("TEMP B-TREE") == std::string::npos);
        CHECK(plan.find("SCAN dispositions") == std::string::npos);
    };
    uses(queries::where_ready, "dispositions_due");
    uses(queries::where_stray, "dispositions_due");
    uses(queries::where_failed, "dispositions_failed");
    uses(queries::next_due, "dispositions_due");
    uses(queries::move_up, "dispositions_behind");
    uses(queries::enqueue, "dispositions_first");
    uses(queries::forget_future, "dispositions_age");
    uses(queries::spent, "dispositions_age");
    uses(queries::drop_oldest, "dispositions_failed");
    uses(queries::retryable, "dispositions_failed");
    uses(queries::retry, "dispositions_first");
    uses(queries::hasten, "dispositions_due");
    uses(queries::forget_overtaken, "dispositions_overtaken");
    uses(queries::forget_if_overtaken, "dispositions_first");
    uses(queries::forget_if_overtaken, "dispositions_behind");
    uses(queries::forget_behind, "dispositions_behind");
    uses(queries::forget_waiting, "dispositions_first");
    uses("SELECT min(queued_at) FROM dispositions WHERE service = 1 AND state <> 'failed'", "dispositions_age");
}

TEST_CASE("dispositions: very many that failed wait again batch by batch, the oldest of each content first") {
    Line line;
    line.fill(2000, GENERATE(true, false));
    REQUIRE(line.database.change("UPDATE dispositions SET state = 'failed'", {}));
    Dispositions dispositions(line.database);
    const auto first = dispositions.retry_next(line.service, 0, new_year);
    REQUIRE(first);
    CHECK(first->count == Dispositions::most_of_batch);
    CHECK(first->last == static_cast<std::int64_t>(Dispositions::most_of_batch));
    CHECK(line.queue().waiting == static_cast<std::int64_t>(Dispositions::most_of_batch));
    CHECK(due_of(line.database, line.service, new_year, 1).dispositions.at(0).id == 1);
    CHECK(retry_all(line.database, line.service, new_year) == 1500);
    CHECK(line.queue().failed == 0);
    CHECK(line.queue().waiting == 2000);
    const auto none = dispositions.retry_next(line.service, 0, new_year);
    CHECK(none->count == 0);
}

TEST_CASE("dispositions: a service of very many goes batch by batch, and what is left of it meanwhile can be told") {
    Line line;
    line.fill(2000, GENERATE(true, false));
    REQUIRE(line.database.change("UPDATE dispositions SET state = 'failed' WHERE id > 1900", {}));
    DispositionServices services(line.database, box_key());
    std::size_t batches = 1;
    while (services.remove_next(line.service) == false) {
        ++batches;
        CHECK(line.queue().waiting + line.queue().failed ==
              static_cast<std::int64_t>(2000 - (batches - 1) * Dispositions::most_of_batch));
        const auto waiting = line.count("waiting");
        CHECK((line.count("behind") == 0 || waiting > 0));
    }
    CHECK(batches == 5);
    CHECK(error_of(services.remove_next(line.service)).code == "no_service");
}

TEST_CASE("dispositions: very many that waited in vain fail batch by batch") {
    Line line;
    line.fill(2000, GENERATE(true, false));
    REQUIRE(line.database.change("UPDATE disposition_services SET probes = 24", {}));
    Dispositions dispositions(line.database);
    std::size_t batches = 0;
    while (dispositions.expire(line.service, new_year + hours(24)) == Dispositions::most_of_batch)
        ++batches;
    CHECK(batches == 4);
    CHECK(line.queue().failed == 2000);
    CHECK(line.queue().waiting == 0);
}

}  // namespace dispositions_test
