#include "server/integrations/syndication.hpp"

#include "tests/unit/integrations/cloud.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <thread>

namespace syndication_test {

using namespace gatehouse;
using namespace gatehouse::integrations;
using namespace gatehouse::integrations::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Delivery::Kind;

namespace {

const Delivery nobody{Kind::away, "connect", "The connection was refused.", std::nullopt};
const Delivery broken{Kind::again, "status", "The service answered with status 500.", std::nullopt};
const Delivery no{Kind::refused, "status", "The service answered with status 404.", std::nullopt};

struct Shop {
    Cloud cloud;
    SyndicationPace pace = quick();
    std::unique_ptr<Syndication> syndication;

    static SyndicationPace quick() {
        SyndicationPace pace;
        pace.first_back_off = milliseconds(20);
        pace.longest_back_off = milliseconds(80);
        pace.first_again = milliseconds(20);
        pace.longest_again = milliseconds(40);
        pace.record_again = milliseconds(20);
        pace.farewell = milliseconds(50);
        pace.random = [] { return 1.0; };
        return pace;
    }
    void open(const std::vector<std::int64_t>& ids = {1}, std::size_t at_once = 4) {
        syndication =
            std::make_unique<Syndication>(cloud.loop.io.get_executor(), cloud.log, cloud.work(), cloud.deliver(), pace);
        configure(ids, at_once);
    }
    void configure(const std::vector<std::int64_t>& ids, std::size_t at_once = 4, std::int64_t version = 1) {
        std::vector<DispositionService> services;
        for (const auto id : ids)
            services.push_back(Cloud::service(id, version));
        syndication->configure(std::move(services), at_once);
    }
    /// Opens it for a service that is away, which is looked at with one of so many that wait, and then again after so
    /// long.
    void find_away(std::size_t waiting, milliseconds back_off) {
        pace.first_back_off = pace.longest_back_off = back_off;
        cloud.queue(1, waiting);
        cloud.peers[1].answer = nobody;
        open({1}, 1);
        until([&] { return cloud.count(Kind::away) == 1; });
    }
    template <class Condition>
    void until(Condition condition) {
        cloud.loop.run_until(condition);
    }
    void until_told(std::int64_t service, std::size_t count) {
        until([&] { return cloud.peers[service].told.size() >= count; });
    }
    void stop() {
        bool stopped = false;
        syndication->stop([&] { stopped = true; });
        until([&] { return stopped; });
    }
};

}  // namespace

TEST_CASE("what waits is told, each once, and what is queued later too") {
    Shop shop;
    shop.cloud.queue(1, 100);
    shop.open();
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.peers[1].calls == 100);
    CHECK(std::set(shop.cloud.peers[1].told.begin(), shop.cloud.peers[1].told.end()).size() == 100);
    CHECK(shop.cloud.peers[1].password == "let me in");
    CHECK_FALSE(shop.syndication->states().at(1).away);
    shop.cloud.queue(1);
    std::thread([&] { shop.syndication->wake(); }).join();  // from any thread
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.recorded.size() == 101);
    shop.stop();
}

TEST_CASE("what waits is found after a while even where nothing wakes the syndication") {
    Shop shop;
    shop.pace.look_every = milliseconds(20);
    shop.open();
    shop.until([&] { return shop.cloud.takes > 0; });
    shop.cloud.queue(1);
    shop.until_told(1, 1);
    shop.stop();
}

TEST_CASE("no more calls than the settings say are under way, and so many are, to each service") {
    Shop shop;
    shop.cloud.queue(1, 20);
    shop.cloud.queue(2, 20);
    shop.cloud.peers[1].held = shop.cloud.peers[2].held = true;
    shop.open({1, 2}, 3);
    shop.until([&] { return shop.cloud.peers[1].under_way == 3 && shop.cloud.peers[2].under_way == 3; });
    shop.cloud.idle();
    CHECK(shop.cloud.peers[1].calls == 3);
    shop.configure({1, 2}, 5);
    shop.until([&] { return shop.cloud.peers[1].under_way == 5; });
    shop.cloud.peers[1].held = shop.cloud.peers[2].held = false;
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.peers[1].most_under_way == 5);
    shop.stop();
}

TEST_CASE("a service that is away or stalls holds up no other") {
    Shop shop;
    shop.cloud.queue(1, 50);
    shop.cloud.queue(2, 50);
    shop.cloud.queue(3, 50);
    shop.cloud.peers[1].answer = nobody;
    shop.cloud.peers[2].held = true;
    shop.open({1, 2, 3});
    shop.until_told(3, 50);
    CHECK(shop.cloud.peers[1].told.empty());
    CHECK(shop.cloud.peers[2].told.empty());
    shop.stop();
}

TEST_CASE("a service that is away is looked at with one call at a time, each time another, less and less often") {
    Shop shop;
    shop.pace.first_back_off = milliseconds(100);
    shop.pace.longest_back_off = milliseconds(150);
    shop.cloud.queue(1, 1000);
    shop.cloud.peers[1].answer = nobody;
    shop.open({1}, 8);
    shop.until([&] { return shop.cloud.peers[1].calls >= 8; });
    shop.until([&] { return shop.cloud.count(Kind::away) >= 1; });
    const std::size_t begun = shop.cloud.peers[1].calls;  // all at once, before anybody knew
    CHECK(begun == 8);
    shop.cloud.peers[1].most_under_way = 0;
    shop.until([&] { return shop.cloud.count(Kind::away) == 6; });
    CHECK(shop.cloud.peers[1].calls == begun + 5);
    CHECK(shop.cloud.peers[1].most_under_way == 1);
    CHECK(shop.cloud.recorded.size() == 6);  // of the first eight only one was a look at it
    std::set<std::int64_t> tried;
    for (const auto& outcome : shop.cloud.recorded)
        tried.insert(outcome.id);
    CHECK(tried.size() == 6);
    const auto state = shop.syndication->states().at(1);
    CHECK(state.away);
    CHECK(state.message == nobody.message);
    shop.stop();
}

TEST_CASE("what waited for a service goes out as soon as it is back") {
    Shop shop;
    shop.cloud.queue(1, 300);
    shop.cloud.peers[1].answer = nobody;
    shop.open();
    shop.until([&] { return shop.cloud.count(Kind::away) >= 3; });
    shop.cloud.peers[1].answer = {};
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK_FALSE(shop.syndication->states().at(1).away);
    CHECK(shop.syndication->states().at(1).message.empty());
    CHECK(shop.cloud.peers[1].most_under_way == 4);
    shop.stop();
}

TEST_CASE("waking a service that is away does not hasten the next look") {
    Shop shop;
    shop.find_away(10, seconds(3600));
    for (int i = 0; i < 20; ++i) {
        shop.syndication->wake();
        shop.cloud.idle(milliseconds(2));
    }
    CHECK(shop.cloud.peers[1].calls == 1);
    SECTION("but editing it does") {
        shop.cloud.peers[1].answer = {};
        shop.configure({1}, 1, 2);
        CHECK_FALSE(shop.syndication->states().at(1).away);
        shop.until([&] { return shop.cloud.waiting.empty(); });
    }
    SECTION("and settings that say the same do not") {
        shop.configure({1}, 1);
        shop.cloud.idle();
        CHECK(shop.cloud.peers[1].calls == 1);
    }
    shop.stop();
}

TEST_CASE("what calls under way to a service as it was before an edit come to is nobody's: it is told as it is now") {
    Shop shop;
    shop.cloud.queue(1, 4);
    shop.cloud.peers[1].held = true;
    shop.open();
    shop.until([&] { return shop.cloud.peers[1].under_way == 4; });
    shop.cloud.answers[1] = no;
    shop.cloud.answers[2] = broken;
    shop.cloud.answers[3] = nobody;  // and the fourth is taken
    shop.configure({1}, 4, 2);
    shop.cloud.peers[1].held = false;
    shop.until([&] { return shop.cloud.peers[1].under_way == 0; });
    CHECK(shop.cloud.recorded.empty());
    CHECK_FALSE(shop.syndication->states().at(1).away);
    shop.cloud.answers.clear();
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.count(Kind::delivered) == 4);
    CHECK(shop.cloud.recorded.size() == 4);
    CHECK(shop.cloud.peers[1].calls == 8);
    shop.stop();
}

TEST_CASE("a service that is away is looked at once more when a person asks for it, and told if it is back") {
    Shop shop;
    shop.find_away(5, seconds(3600));
    std::thread([&] { shop.syndication->hasten(1); }).join();  // from any thread
    shop.until([&] { return shop.cloud.count(Kind::away) == 2; });
    CHECK(shop.syndication->states().at(1).away);
    shop.syndication->hasten(7);  // there is none
    shop.cloud.idle();
    CHECK(shop.cloud.peers[1].calls == 2);
    shop.cloud.peers[1].answer = {};
    shop.syndication->hasten(1);
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK_FALSE(shop.syndication->states().at(1).away);
    shop.stop();
}

TEST_CASE("a service that a test has reached is away no more, though nothing waits for it") {
    Shop shop;
    shop.pace.first_back_off = shop.pace.longest_back_off = seconds(3600);
    shop.cloud.queue(1);
    shop.cloud.peers[1].answer = nobody;
    shop.open({1}, 1);
    shop.until([&] { return shop.cloud.count(Kind::away) == 1; });
    SECTION("nothing waits") {
        shop.cloud.waiting.clear();
        shop.syndication->tested(1);
        shop.until([&] { return !shop.syndication->states().at(1).away; });
        CHECK(shop.cloud.peers[1].calls == 1);
    }
    SECTION("what waits is what tells") {
        shop.syndication->tested(1);
        shop.until([&] { return shop.cloud.count(Kind::away) == 2; });
        CHECK(shop.syndication->states().at(1).away);
    }
    shop.stop();
}

TEST_CASE("all services that are away are looked at when the ways to them are others") {
    Shop shop;
    shop.pace.first_back_off = shop.pace.longest_back_off = seconds(3600);
    shop.cloud.queue(1);
    shop.cloud.queue(2);
    shop.cloud.peers[1].answer = shop.cloud.peers[2].answer = nobody;
    shop.open({1, 2});
    shop.until([&] { return shop.cloud.count(Kind::away) == 2; });
    shop.cloud.peers[1].answer = shop.cloud.peers[2].answer = {};
    std::thread([&] { shop.syndication->hasten_all(); }).join();  // from any thread
    shop.until([&] { return shop.cloud.waiting.empty(); });
    shop.stop();
}

TEST_CASE("why something is tried again is shown until one of those is told, and logged once") {
    tests::CapturedErrors errors;
    {
        Shop shop;
        shop.cloud.log.configure(base::LogLevel::info, base::LogFormat::text);
        shop.pace.first_again = shop.pace.longest_again = milliseconds(1);
        shop.cloud.queue(1, 5);
        shop.cloud.peers[1].answer = broken;
        shop.open();
        shop.until([&] { return shop.cloud.count(Kind::again) >= 5; });
        CHECK_FALSE(shop.syndication->states().at(1).away);
        CHECK(shop.syndication->states().at(1).message == broken.message);
        shop.cloud.peers[1].answer = {};
        shop.until([&] { return shop.cloud.waiting.empty(); });
        CHECK(shop.syndication->states().at(1).message.empty());
        shop.stop();
    }
    const std::string text = errors.text();
    const auto first = text.find("syndication.retried");
    CHECK(first != std::string::npos);
    CHECK(text.find("syndication.retried", first + 1) == std::string::npos);
    CHECK(text.find("hidden") == std::string::npos);
}

TEST_CASE("a service that asks to be left alone is, though another call to it went well") {
    Shop shop;
    shop.cloud.queue(1, 3);
    shop.cloud.answers[1] = {Kind::away, "status", "The service answered with status 429.", seconds(3600)};
    shop.open({1}, 2);
    shop.until([&] { return shop.cloud.recorded.size() == 2; });
    shop.cloud.idle();
    CHECK(shop.cloud.peers[1].calls == 2);
    CHECK(shop.cloud.peers[1].told == std::vector<std::string>{"2"});
    shop.stop();
}

TEST_CASE("one that the service can't take is tried again by itself, after longer and longer, others are not kept") {
    Shop shop;
    shop.pace.first_again = seconds(30);
    shop.pace.longest_again = seconds(900);
    shop.cloud.queue(1, 20);
    shop.cloud.answers[1] = broken;
    for (unsigned attempts = 0; attempts < 7; ++attempts) {
        shop.cloud.waiting.at(1).disposition.attempts = attempts;
        shop.cloud.waiting.at(1).due = {};
        if (attempts == 0) {
            shop.open();
        } else {
            shop.syndication->wake();
        }
        shop.until([&] { return shop.cloud.count(Kind::again) == attempts + 1; });
    }
    shop.until_told(1, 19);
    std::vector<std::int64_t> pauses;
    for (const auto& outcome : shop.cloud.recorded) {
        if (outcome.kind == Kind::again) pauses.push_back(outcome.again_in.count());
    }
    CHECK(pauses == std::vector<std::int64_t>{30, 60, 120, 240, 480, 900, 900});
    CHECK_FALSE(shop.syndication->states().at(1).away);
    shop.stop();
}

TEST_CASE("the pauses of what failed together are spread") {
    Shop shop;
    shop.pace.first_again = shop.pace.longest_again = seconds(600);
    shop.pace.random = nullptr;
    shop.cloud.queue(1, 200);
    shop.cloud.peers[1].answer = broken;
    shop.open();
    shop.until([&] { return shop.cloud.recorded.size() == 200; });
    std::set<std::int64_t> pauses;
    for (const auto& outcome : shop.cloud.recorded) {
        pauses.insert(outcome.again_in.count());
        CHECK(outcome.again_in >= seconds(300));
        CHECK(outcome.again_in <= seconds(600));
    }
    CHECK(pauses.size() > 50);
    shop.stop();
}

TEST_CASE("a call that found no place among others says nothing of the service, and is made later") {
    Shop shop;
    shop.pace.look_every = milliseconds(20);
    shop.cloud.queue(1, 3);
    shop.cloud.peers[1].answer = {Kind::unmade, "busy", "Too many wait.", std::nullopt};
    shop.open({1}, 2);
    shop.until([&] { return shop.cloud.peers[1].calls >= 6; });
    CHECK(shop.cloud.recorded.empty());
    CHECK_FALSE(shop.syndication->states().at(1).away);
    shop.cloud.peers[1].answer = {};
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.count(Kind::delivered) == 3);
    CHECK(shop.cloud.recorded.size() == 3);
    shop.stop();
}

TEST_CASE("one that waits for its next attempt is told without anybody's waking") {
    Shop shop;
    shop.pace.first_again = shop.pace.longest_again = milliseconds(1);  // recorded as a second
    shop.cloud.queue(1);
    shop.cloud.answers[1] = broken;
    shop.open();
    shop.until([&] { return shop.cloud.count(Kind::again) == 1; });
    shop.cloud.answers.clear();
    shop.until([&] { return shop.cloud.waiting.empty(); });
    shop.stop();
}

TEST_CASE("what is refused is not tried again, and keeps nothing from being told") {
    Shop shop;
    shop.cloud.queue(1, 10);
    shop.cloud.answers[4] = no;
    shop.open();
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.count(Kind::refused) == 1);
    CHECK(shop.cloud.count(Kind::delivered) == 9);
    CHECK(shop.cloud.peers[1].calls == 10);
    shop.stop();
}

TEST_CASE("a call that breaks its promise is tried again like any other") {
    Shop shop;
    shop.cloud.queue(1, 2);
    shop.cloud.peers[1].throws = true;
    shop.open();
    shop.until([&] { return shop.cloud.count(Kind::again) == 2; });
    CHECK(shop.cloud.recorded.front().message.find("a broken promise") != std::string::npos);
    shop.stop();
}

TEST_CASE("outcomes that come while the disk is waited for are recorded together") {
    Shop shop;
    shop.cloud.queue(1, 30);
    shop.cloud.hold_record = true;
    shop.open({1}, 30);
    shop.until_told(1, 30);
    shop.cloud.hold_record = false;
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.batches <= 2);
    CHECK(shop.cloud.peers[1].calls == 30);
    shop.stop();
}

TEST_CASE("where nothing can be recorded nothing more is told until it can, and nothing is told twice") {
    Shop shop;
    shop.cloud.queue(1, 200);
    shop.cloud.queue(2, 200);
    shop.cloud.refuse = 1000000;
    shop.open({1, 2});
    shop.until([&] { return shop.cloud.refuse < 999998; });
    const auto calls = shop.cloud.peers[1].calls + shop.cloud.peers[2].calls;
    CHECK(calls < 60);
    shop.cloud.idle();
    CHECK(shop.cloud.peers[1].calls + shop.cloud.peers[2].calls == calls);
    shop.cloud.refuse = 0;
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.peers[1].calls == 200);
    CHECK(shop.cloud.peers[2].calls == 200);
    shop.stop();
}

TEST_CASE("outcomes are not lost where recording them breaks a promise") {
    Shop shop;
    shop.cloud.queue(1, 20);
    shop.cloud.throw_record = 3;
    shop.open();
    shop.until([&] { return shop.cloud.waiting.empty(); });
    CHECK(shop.cloud.throw_record == 0);
    CHECK(shop.cloud.peers[1].calls == 20);
    shop.stop();
}

TEST_CASE("where nothing can be read it is tried again") {
    Shop shop;
    shop.cloud.queue(1);
    shop.cloud.refuse_take = 3;
    shop.open();
    shop.until_told(1, 1);
    CHECK(shop.cloud.takes >= 4);
    shop.stop();
}

TEST_CASE("a hundred thousand that wait are not in memory") {
    Shop shop;
    shop.cloud.queue(1, 100'000);
    shop.cloud.peers[1].answer = nobody;
    shop.open({1}, 16);
    shop.until([&] { return shop.cloud.count(Kind::away) >= 3; });
    shop.cloud.peers[1].answer = {};
    shop.until_told(1, 200);
    CHECK(shop.cloud.most_taken <= 64);
    CHECK(shop.cloud.most_held <= 2 * (64 + 16));
    shop.stop();
}

TEST_CASE("a service that is removed is told nothing more, and what was under way ends without harm") {
    Shop shop;
    shop.cloud.queue(1, 20);
    shop.cloud.queue(2, 20);
    shop.cloud.peers[1].held = true;
    shop.open({1, 2});
    shop.until([&] { return shop.cloud.peers[1].under_way == 4; });
    shop.configure({2});
    CHECK(shop.syndication->states().count(1) == 0);
    shop.until_told(2, 20);
    shop.cloud.peers[1].held = false;
    shop.until([&] { return shop.cloud.peers[1].under_way == 0; });
    shop.cloud.idle();
    CHECK(shop.cloud.peers[1].calls == 4);
    CHECK(shop.cloud.recorded.size() == 24);  // what the database knows no more it passes over
    shop.stop();
}

TEST_CASE("without its password a service is told nothing, and its state says why") {
    Shop shop;
    shop.cloud.queue(1);
    shop.open({});
    auto service = Cloud::service(1);
    service.password = nullptr;
    shop.syndication->configure({service}, 4);
    shop.cloud.idle();
    CHECK(shop.cloud.peers[1].calls == 0);
    CHECK(shop.syndication->states().at(1).message.find("password") != std::string::npos);
    CHECK(shop.syndication->states().at(1).locked);
    shop.configure({1});
    shop.until_told(1, 1);
    CHECK(shop.syndication->states().at(1).message.empty());
    CHECK_FALSE(shop.syndication->states().at(1).locked);
    shop.stop();
}

TEST_CASE("stopping waits for calls under way, records what came of them and begins nothing") {
    Shop shop;
    shop.pace.farewell = seconds(60);
    shop.cloud.queue(1, 20);
    shop.cloud.queue(2, 20);
    shop.cloud.peers[1].held = shop.cloud.peers[2].held = true;
    shop.open({1, 2});
    shop.until([&] { return shop.cloud.peers[1].under_way == 4 && shop.cloud.peers[2].under_way == 4; });
    shop.configure({1});  // what is still under way for one that was removed is waited for too
    bool stopped = false;
    shop.syndication->stop([&] { stopped = true; });
    shop.cloud.idle();
    CHECK_FALSE(stopped);
    shop.cloud.peers[1].held = shop.cloud.peers[2].held = false;
    shop.until([&] { return stopped; });
    CHECK(shop.cloud.recorded.size() == 8);
    CHECK(shop.cloud.peers[1].calls == 4);
    CHECK(shop.cloud.waiting.size() == 32);
}

TEST_CASE("calls that do not end in time are broken off, and wait for the next start") {
    Shop shop;
    shop.cloud.queue(1, 20);
    shop.cloud.peers[1].held = true;
    shop.open();
    shop.until([&] { return shop.cloud.peers[1].under_way == 4; });
    shop.stop();
    shop.until([&] { return shop.cloud.peers[1].under_way == 0; });
    CHECK(shop.cloud.recorded.empty());
    CHECK(shop.cloud.waiting.size() == 20);
}

TEST_CASE("stopping does not wait for a disk that takes nothing") {
    Shop shop;
    shop.pace.record_again = seconds(3600);
    shop.pace.farewell = seconds(60);
    shop.cloud.queue(1);
    shop.cloud.refuse = 1000000;
    shop.open();
    shop.until([&] { return shop.cloud.refuse < 1000000; });
    shop.stop();
    CHECK(shop.cloud.waiting.size() == 1);
}

TEST_CASE("stopping ends at once where nothing was ever begun, or nothing waits") {
    Shop shop;
    shop.open(GENERATE(std::vector<std::int64_t>{}, std::vector<std::int64_t>{1}));
    shop.stop();
}

TEST_CASE("a syndication may go while calls are under way") {
    Shop shop;
    shop.cloud.queue(1, 20);
    shop.cloud.peers[1].held = true;
    shop.open();
    shop.until([&] { return shop.cloud.peers[1].under_way == 4; });
    shop.syndication.reset();
    shop.until([&] { return shop.cloud.peers[1].under_way == 0; });
    CHECK(shop.cloud.recorded.empty());
}

TEST_CASE("that a service is away is logged once until it is back, without what may be secret in its URL") {
    tests::CapturedErrors errors;
    {
        Shop shop;
        shop.cloud.log.configure(base::LogLevel::info, base::LogFormat::text);
        shop.cloud.queue(1, 20);
        shop.cloud.peers[1].answer = nobody;
        shop.open();
        shop.until([&] { return shop.cloud.count(Kind::away) >= 3; });
        shop.cloud.peers[1].answer = no;
        shop.until([&] { return shop.cloud.waiting.empty(); });
        shop.stop();
    }
    const std::string text = errors.text();
    const auto times = [&](const std::string& event) {
        std::size_t count = 0;
        for (auto at = text.find(event); at != std::string::npos; at = text.find(event, at + 1))
            ++count;
        return count;
    };
    CHECK(times(" syndication.unreachable:") == 1);
    CHECK(times(" syndication.reachable:") == 1);
    CHECK(times(" syndication.refused:") == 1);
    CHECK(text.find("https://cloud1.example.test/x") != std::string::npos);
    CHECK(text.find("hidden") == std::string::npos);
    CHECK(text.find("let me in") == std::string::npos);
}

}  // namespace syndication_test
