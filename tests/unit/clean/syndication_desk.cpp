#include "server/clean/syndication_desk.hpp"

#include "records/disposition_services.hpp"
#include "records/dispositions.hpp"
#include "tests/unit/clean/depot_rooms.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <map>
#include <set>

namespace syndication_desk_test {

using namespace gatehouse::clean;
using namespace gatehouse::tests;
using std::chrono::milliseconds;
namespace asio = boost::asio;
namespace base = gatehouse::base;
namespace integrations = gatehouse::integrations;
namespace records = gatehouse::records;
using Kind = integrations::Delivery::Kind;

namespace {

struct Desk {
    DepotRooms rooms;
    std::map<std::string, std::vector<std::string>> told;  // samples that each URL took, in their order
    std::set<std::string> keys;
    std::map<std::string, std::size_t> calls;  // under way, by content
    bool overlapped = false;                   // two of one content at once
    std::string password;
    integrations::Delivery answer;
    bool held = false;
    std::size_t under_way = 0;
    std::shared_ptr<SyndicationDesk> desk;

    static integrations::SyndicationPace quick() {
        integrations::SyndicationPace pace;
        pace.first_back_off = milliseconds(10);
        pace.longest_back_off = milliseconds(40);
        pace.farewell = milliseconds(20);
        return pace;
    }
    void open(std::uint32_t at_once = 8) {
        auto deliver = [this](integrations::DispositionService service, integrations::Disposition disposition) {
            return call(std::move(service), std::move(disposition));
        };
        desk = std::make_shared<SyndicationDesk>(rooms.loop.io.get_executor(), rooms.door, deliver, quick());
        desk->start({.malicious_score = 90, .at_once = at_once});
    }
    /// As a process that ends without a word.
    void kill() { desk.reset(); }
    void stop() {
        bool stopped = false;
        desk->stop([&] { stopped = true; });
        rooms.loop.run_until([&] { return stopped; });
        desk.reset();
    }
    std::int64_t add(const std::string& url) {
        return rooms
            .with_database([&](records::Database& database) {
                records::ServiceRequest request;
                request.url = url;
                request.user_name = "gatehouse";
                request.password = base::Secret(std::string_view("let me in"));
                return records::DispositionServices(database, rooms.door.box_key).add(request, new_year);
            })
            .id;
    }
    /// So many samples, of so many contents in turn; ids "s0", "s1", ...
    void queue(int count, int contents) {
        rooms.with_database([&](records::Database& database) -> base::Result<int> {
            auto transaction = records::Transaction::begin(database);
            for (int i = 0; i < count; ++i) {
                records::Sample sample;
                sample.id = "s" + std::to_string(queued++);
                const std::string digest = std::to_string(i % contents);
                sample.content = records::Content{digest, digest, digest, 1};
                sample.score = 95;
                const auto done = records::Dispositions(database).enqueue(sample, 90, records::now());
                if (!done) return base::fail(done.error());
            }
            if (auto done = transaction->commit(); !done) return base::fail(done.error());
            return count;
        });
    }
    std::int64_t waiting() {
        return rooms.with_database(
            [](records::Database& database) { return records::Dispositions(database).waiting(); });
    }
    records::DispositionService service(std::int64_t id) {
        const auto found = rooms.with_database([&](records::Database& database) {
            return records::DispositionServices(database, rooms.door.box_key).find(id);
        });
        REQUIRE(found);
        return *found;
    }
    /// The loop turns while the database is asked.
    template <class Condition>
    static void until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!condition())
            REQUIRE(std::chrono::steady_clock::now() < deadline);
    }
    void until_empty() {
        until([this] { return waiting() == 0; });
    }
    int queued = 0;

private:
    asio::awaitable<integrations::Delivery> call(integrations::DispositionService service,
                                                 integrations::Disposition disposition) {
        const std::string line = service.url + " " + disposition.sha256;
        if (++calls[line] > 1) overlapped = true;
        ++under_way;
        password = std::string(service.password->reveal());
        for (int i = 0; i < 3 || held; ++i)
            co_await asio::post(rooms.loop.io, asio::use_awaitable);
        --under_way;
        --calls[line];
        if (answer.kind == Kind::delivered) {
            told[service.url].push_back(disposition.sample);
            keys.insert(disposition.idempotency_key);
        }
        co_return answer;
    }
};

}  // namespace

TEST_CASE("what the database holds is told to each of its services, with its password", "[syndication_desk]") {
    Desk one;
    one.add("https://one.example.test/");
    one.add("https://two.example.test/");
    one.queue(50, 50);
    one.open();
    one.until_empty();
    CHECK(one.told["https://one.example.test/"].size() == 50);
    CHECK(one.told["https://two.example.test/"].size() == 50);
    CHECK(one.keys.size() == 100);
    CHECK(one.password == "let me in");
    CHECK(one.service(1).last_success);
    CHECK_FALSE(one.service(1).last_failure);
    one.stop();
}

TEST_CASE("of one content each service is told in order and one at a time, however many calls there are",
          "[syndication_desk]") {
    Desk one;
    one.add("https://one.example.test/");
    one.queue(200, 4);
    one.open(16);
    one.until_empty();
    CHECK_FALSE(one.overlapped);
    const auto& told = one.told["https://one.example.test/"];
    REQUIRE(told.size() == 200);
    std::map<int, int> last;
    for (const std::string& sample : told) {
        const int number = std::stoi(sample.substr(1));
        const auto [at, is_first] = last.emplace(number % 4, -1);
        CHECK(number > at->second);
        at->second = number;
    }
    one.stop();
}

TEST_CASE("whenever the process is killed, all is told at least once under the same key", "[syndication_desk]") {
    Desk one;
    one.add("https://one.example.test/");
    one.queue(300, 30);
    for (int round = 0; one.waiting() > 0; ++round) {
        REQUIRE(round < 1000);
        one.open(4);
        for (int turn = 0; turn < 15 + (7 * round) % 37; ++turn) {
            one.rooms.loop.io.restart();
            one.rooms.loop.io.run_one_for(milliseconds(20));
        }
        one.kill();
    }
    const auto& told = one.told["https://one.example.test/"];
    CHECK(std::set(told.begin(), told.end()).size() == 300);
    CHECK(told.size() > 300);  // it was killed between the call and its record as well
    CHECK(one.keys.size() == 300);
}

TEST_CASE("a service that was away is told all that waited, and its last failure is kept", "[syndication_desk]") {
    Desk one;
    const auto id = one.add("https://one.example.test/");
    one.queue(100, 100);
    one.answer = {Kind::away, "connect", "The connection was refused.", std::nullopt};
    one.open();
    one.rooms.loop.run_until([&] { return one.desk->states().count(id) == 1 && one.desk->states().at(id).away; });
    Desk::until([&] { return one.service(id).last_failure.has_value(); });
    CHECK(one.service(id).failure_message == "The connection was refused.");
    CHECK(one.service(id).queue.waiting == 100);
    one.answer = {};
    one.until_empty();
    CHECK(one.service(id).queue.failed == 0);
    one.stop();
}

TEST_CASE("what a service refuses has failed, and is told when it is retried", "[syndication_desk]") {
    Desk one;
    const auto id = one.add("https://one.example.test/");
    one.queue(20, 5);
    one.answer = {Kind::refused, "status", "The service answered with status 401.", std::nullopt};
    one.open();
    one.until_empty();
    CHECK(one.service(id).queue.failed == 20);
    one.answer = {};
    one.rooms.with_database(
        [&](records::Database& database) { return records::Dispositions(database).retry_next(id, 0, records::now()); });
    one.desk->wake();
    one.until_empty();
    CHECK(one.told["https://one.example.test/"].size() == 20);
    one.stop();
}

TEST_CASE("services that come, change and go while calls are under way", "[syndication_desk]") {
    Desk one;
    const auto first = one.add("https://one.example.test/");
    one.queue(50, 50);
    one.held = true;
    one.open();
    one.rooms.loop.run_until([&] { return one.under_way == 8; });
    const auto second = one.add("https://two.example.test/");
    one.queue(50, 50);
    one.rooms.with_database([&](records::Database& database) -> base::Result<int> {
        auto removed = records::DispositionServices(database, one.rooms.door.box_key).remove_next(first);
        if (!removed) return base::fail(removed.error());
        return 0;
    });
    one.desk->services_changed();
    one.rooms.loop.run_until([&] { return one.desk->states().count(second) == 1; });
    CHECK(one.desk->states().count(first) == 0);
    one.held = false;
    one.until_empty();
    CHECK(one.told["https://one.example.test/"].size() == 8);
    CHECK(one.told["https://two.example.test/"].size() == 50);
    CHECK(one.service(second).queue.failed == 0);
    one.stop();
}

TEST_CASE("a service whose password can't be unsealed is told nothing, and others are", "[syndication_desk]") {
    Desk one;
    const auto first = one.add("https://one.example.test/");
    one.add("https://two.example.test/");
    one.rooms.with_database([&](records::Database& database) {
        return database.change("UPDATE disposition_services SET url = 'https://thief.test/?token=hidden' WHERE id = $1",
                               {first});
    });
    one.queue(10, 10);
    one.open();
    one.rooms.loop.run_until([&] { return one.told["https://two.example.test/"].size() == 10; });
    CHECK(one.told.size() == 1);
    CHECK(one.desk->states().at(first).message.find("password") != std::string::npos);
    CHECK(one.desk->states().at(first).locked);
    CHECK(one.rooms.logged().find("syndication.locked") != std::string::npos);
    CHECK(one.rooms.logged().find("hidden") == std::string::npos);
    one.stop();
}

TEST_CASE("what waits for a service that can't even be called fails after a day like all else, and that is told",
          "[syndication_desk]") {
    Desk one;
    const auto service = one.add("https://one.example.test/");
    one.queue(3, 3);
    one.rooms.with_database([&](records::Database& database) {
        return database.change("UPDATE disposition_services SET url = 'https://thief.test/', probes = $2 WHERE id = $1",
                               {service, records::Dispositions::fewest_tries - 1});
    });
    one.rooms.with_database([&](records::Database& database) {
        return database.change("UPDATE dispositions SET queued_at = $1",
                               {records::now() - records::Dispositions::patience - std::chrono::hours(1)});
    });
    one.open();  // which is the last look that was missing
    Desk::until([&] { return one.service(service).queue.failed == 3; });
    CHECK(one.service(service).failure_message.find("password") != std::string::npos);
    one.rooms.loop.run_until([&] { return one.rooms.logged().find("syndication.given_up") != std::string::npos; });
    CHECK(one.rooms.logged().find("count=3") != std::string::npos);
    one.stop();
}

}  // namespace syndication_desk_test
