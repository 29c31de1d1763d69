#include "records/retention.hpp"

#include "records/analysis_queue.hpp"
#include "tests/unit/records/fresh_sample.hpp"

namespace retention_test {
namespace {

using namespace gatehouse::records;
using namespace gatehouse::tests;
using std::chrono::hours;
using std::chrono::microseconds;

Numbers numbers_of(const gatehouse::base::Result<std::vector<Forgettable>>& samples) {
    REQUIRE(samples);
    Numbers all;
    for (const Forgettable& sample : *samples)
        all.push_back(sample.number);
    return all;
}

Sample sized(Database& database, std::string seed, std::int64_t size) {
    return submitted(database, fresh_sample(ada, seed + ".exe", content(seed, size)));
}

}  // namespace

TEST_CASE("retention: the oldest come first, and none that is young enough") {
    const Box box;
    auto database = box.open();
    for (int i = 0; i < 5; ++i)
        submitted(database, ada, "a" + std::to_string(i), "a" + std::to_string(i), new_year + hours(i));
    Retention retention(database);
    CHECK(numbers_of(retention.older_than(new_year)).empty());
    CHECK(numbers_of(retention.older_than(new_year + microseconds(1))) == Numbers{1});
    CHECK(numbers_of(retention.older_than(new_year + hours(2))) == Numbers{1, 2});
    CHECK(numbers_of(retention.older_than(new_year + hours(2) + microseconds(1))) == Numbers{1, 2, 3});
    CHECK(numbers_of(retention.older_than(new_year + hours(999))) == Numbers{1, 2, 3, 4, 5});
    CHECK(numbers_of(retention.older_than(new_year + hours(999), 2)) == Numbers{1, 2});
    const auto oldest = retention.older_than(new_year + microseconds(1));
    CHECK(oldest->front().login == "ada");
    CHECK(oldest->front().filename == "a0");
    CHECK(oldest->front().sha256 == content("a0").sha256);
    CHECK(oldest->front().submitted_at == new_year);
    CHECK(oldest->front().id.size() == 32);
}

TEST_CASE("retention: a content goes with the last sample that refers to it") {
    const Box box;
    auto database = box.open();
    sized(database, "aa", 10);
    sized(database, "aa", 10);
    sized(database, "bb", 20);
    Retention retention(database);
    const auto first = retention.forget(Numbers{1, 3, 77});
    REQUIRE(first);
    CHECK(first->samples.size() == 2);
    CHECK(first->contents == std::vector<std::string>{content("bb").sha256});
    CHECK(first->bytes == 20);
    CHECK(retention.is_known(content("aa").sha256) == true);
    CHECK(retention.is_known(content("bb").sha256) == false);
    const auto second = retention.forget(Numbers{2});
    CHECK(second->contents == std::vector<std::string>{content("aa").sha256});
    CHECK(retention.totals()->samples == 0);
    CHECK(retention.totals()->contents == 0);
    CHECK(retention.totals()->bytes == 0);
    CHECK(retention.forget(Numbers{1, 2, 3})->samples.empty());
    CHECK(retention.forget({})->samples.empty());
}

TEST_CASE("retention: what is forgotten leaves nothing, and the rest is as it was") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "gone.exe", "aa").id;
    const std::string kept = submitted(database, ada, "kept.exe", "bb").id;
    AnalysisQueue queue(database);
    for (const std::int64_t number : {1, 2}) {
        REQUIRE(queue.take(new_year));
        REQUIRE(queue.judge(number, {90, {{"n", "t", 1, 1, ""}}, "report"}, new_year));
    }
    REQUIRE(Retention(database).forget(Numbers{1}));
    CHECK(error_of(Samples(database).find(ada, id)).code == "no_sample");
    CHECK(found(database, ada, {.words = "exe"}) == Numbers{2});
    CHECK(found(database, ada, {.words = "gone"}).empty());
    CHECK(found(database, ada, {}, {.sort = SampleSort::score}) == Numbers{2});
    CHECK(Samples(database).report(ada, kept) == "report");
    for (const char* table : {"samples", "contents", "behaviours", "reports", "sample_words"})
        CHECK(database.query("SELECT count(*) FROM " + std::string(table))->front().integer(0) == 1);
    REQUIRE(database.change("INSERT INTO sample_words (sample_words) VALUES ('integrity-check')", {}));
}

TEST_CASE("retention: so many of the oldest go that the rest fits, contents that are shared counting once") {
    const Box box;
    auto database = box.open();
    sized(database, "aa", 100);  // 1, and again as 4
    sized(database, "bb", 10);
    sized(database, "cc", 20);
    sized(database, "aa", 100);
    sized(database, "dd", 5);
    Retention retention(database);
    CHECK(retention.totals()->bytes == 135);
    CHECK(numbers_of(retention.until(135)).empty());
    CHECK(numbers_of(retention.until(1000)).empty());
    CHECK(numbers_of(retention.until(134)) == Numbers{1, 2});
    CHECK(numbers_of(retention.until(125)) == Numbers{1, 2});
    CHECK(numbers_of(retention.until(124)) == Numbers{1, 2, 3});
    CHECK(numbers_of(retention.until(104)) == Numbers{1, 2, 3, 4});
    CHECK(numbers_of(retention.until(4)) == Numbers{1, 2, 3, 4, 5});
    CHECK(numbers_of(retention.until(0)) == Numbers{1, 2, 3, 4, 5});
    CHECK(numbers_of(retention.until(0, 2)) == Numbers{1, 2});
    const auto chosen = numbers_of(retention.until(104));
    REQUIRE(retention.forget(chosen));
    CHECK(retention.totals()->bytes == 5);
}

TEST_CASE("retention: what an engine has at the moment stays") {
    const Box box;
    auto database = box.open();
    sized(database, "aa", 10);
    sized(database, "bb", 10);
    REQUIRE(AnalysisQueue(database).take(new_year));
    Retention retention(database);
    CHECK(numbers_of(retention.older_than(new_year + hours(1))) == Numbers{2});
    CHECK(numbers_of(retention.until(0)) == Numbers{2});
    CHECK(retention.forget(Numbers{1, 2})->samples.size() == 1);
    CHECK(retention.totals()->samples == 1);
    REQUIRE(AnalysisQueue(database).put_back(1));
    CHECK(retention.forget(Numbers{1})->samples.size() == 1);
}

TEST_CASE("retention: no more is forgotten at once than a batch") {
    const Box box;
    auto database = box.open();
    Numbers all;
    {
        auto transaction = Transaction::begin(database);
        for (std::size_t i = 0; i < Retention::most_of_batch + 3; ++i)
            all.push_back(submitted(database, ada, "a").number);
        REQUIRE(transaction->commit());
    }
    Retention retention(database);
    CHECK(numbers_of(retention.older_than(new_year + hours(1), 1'000'000)).size() == Retention::most_of_batch);
    CHECK(numbers_of(retention.until(0, 1'000'000)).size() == Retention::most_of_batch);
    CHECK(retention.forget(all)->samples.size() == Retention::most_of_batch);
    CHECK(retention.totals()->samples == 3);
}

TEST_CASE("retention: all contents are walked in the order of their checksums") {
    const Box box;
    auto database = box.open();
    for (const char* seed : {"cc", "aa", "ee", "bb", "dd", "aa"})
        sized(database, seed, 3);
    Retention retention(database);
    std::string walked;
    std::string after;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = retention.known_contents(after, 2);
        REQUIRE(page);
        if (page->empty()) break;
        for (const std::string& sha256 : *page)
            walked += sha256.substr(0, 2) + " ";
        after = page->back();
    }
    CHECK(walked == "aa bb cc dd ee ");
}

}  // namespace retention_test
