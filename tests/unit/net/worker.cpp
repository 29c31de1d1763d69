#include "server/net/worker.hpp"

#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <memory>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

namespace worker_test {

using namespace gatehouse;
using namespace std::chrono_literals;
using net::Tick;
using net::Timed;
using net::Worker;
using tests::eventually;

namespace {

using Clock = std::chrono::steady_clock;

// A connection that only counts what its worker tells it.
class Probe final : public Timed {
public:
    explicit Probe(Worker& worker) : Timed(worker) {}
    ~Probe() override = default;
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    void expired() override {
        expired_at = worker().now();
        ++times_expired;
    }
    void drained() override { ++times_drained; }
    void second_look() override {
        looked_at = worker().now();
        ++times_looked;
    }
    // What a connection does for itself.
    using Timed::ask_second_look;
    using Timed::forget_second_look;
    using Timed::set_deadline;
    using Timed::set_deadline_at;

    std::atomic<int> times_expired = 0;
    std::atomic<int> times_drained = 0;
    std::atomic<int> times_looked = 0;
    std::atomic<Tick> expired_at = 0;
    std::atomic<Tick> looked_at = 0;
};

// A worker whose half seconds pass in 10 ms.
class Team {
public:
    static constexpr auto tick = 10ms;

    Team() { worker.start("test-worker"); }
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;
    ~Team() {
        // Posted even where the loop has ended: then it is thrown away, and the thread is joined all the same.
        worker.post([this] {
            probes.clear();
            worker.drain();
        });
        worker.join();
    }

    // Runs it on the worker's thread and waits.
    template <class Task>
    void there(Task task) {
        std::promise<void> done;
        worker.post([&] {
            task();
            done.set_value();
        });
        REQUIRE(done.get_future().wait_for(tests::patience) == std::future_status::ready);
    }
    Probe& add() {
        Probe* probe = nullptr;
        there([&] { probe = probes.emplace_back(std::make_unique<Probe>(worker)).get(); });
        return *probe;
    }
    // Waits until the worker has looked at its connections so many times more.
    void let_pass(int ticks) {
        Probe& probe = add();
        there([&] { probe.set_deadline_at(worker.now() + static_cast<Tick>(ticks)); });
        REQUIRE(eventually([&] { return probe.times_expired == 1; }));
    }

    Worker worker{tick};
    std::vector<std::unique_ptr<Probe>> probes;
};

}  // namespace

// ---------------------------------------------------------------- its thread

TEST_CASE("what is posted runs on the worker's own thread, which has its name, in the order it was posted") {
    Team team;
    std::vector<int> order;
    std::string name(16, '\0');
    std::thread::id id;
    for (int i = 0; i < 100; ++i)
        team.worker.post([&order, i] { order.push_back(i); });
    team.there([&] {
        pthread_getname_np(pthread_self(), name.data(), name.size());
        id = std::this_thread::get_id();
    });
    REQUIRE(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(std::string(name.c_str()) == "test-worker");
    CHECK(id != std::this_thread::get_id());
}

TEST_CASE("a worker reached from many threads at once loses nothing") {
    Team team;
    int count = 0;  // touched by the worker alone
    {
        std::vector<std::thread> posting;
        for (int i = 0; i < 4; ++i) {
            posting.emplace_back([&] {
                for (int j = 0; j < 1000; ++j)
                    team.worker.post([&count] { ++count; });
            });
        }
        for (auto& thread : posting)
            thread.join();
    }
    team.there([&] { CHECK(count == 4000); });
}

TEST_CASE("a worker that was never started goes away without a word") {
    Worker worker;
    worker.wait_until(Clock::now() + 1h);
    worker.join();
    SUCCEED();
}

// ---------------------------------------------------------------- deadlines

TEST_CASE("a deadline is told once, not before its time") {
    Team team;
    Probe& probe = team.add();
    const auto began = Clock::now();
    Tick asked_at = 0;
    team.there([&] {
        asked_at = team.worker.now();
        probe.set_deadline(2);
    });
    REQUIRE(eventually([&] { return probe.times_expired == 1; }));
    CHECK(Clock::now() - began >= 2 * net::ticks_per_second * Team::tick);
    CHECK(probe.expired_at >= asked_at + 2 * net::ticks_per_second);
    team.let_pass(5);
    CHECK(probe.times_expired == 1);
}

TEST_CASE("a new deadline takes the place of the former one, and may be set after that has passed") {
    Team team;
    Probe& probe = team.add();
    team.there([&] {
        probe.set_deadline(1);
        probe.set_deadline(86400);
    });
    team.let_pass(10);
    CHECK(probe.times_expired == 0);
    for (int i = 1; i <= 2; ++i) {
        team.there([&] { probe.set_deadline(0); });
        CHECK(eventually([&] { return probe.times_expired == i; }));
    }
}

TEST_CASE("each connection has its own deadline, also after others have gone from the middle of the list") {
    Team team;
    Probe& first = team.add();
    team.add();
    Probe& third = team.add();
    team.add();
    team.there([&] {
        team.probes.pop_back();                      // the newest
        team.probes.erase(team.probes.begin() + 1);  // one in the middle
        first.set_deadline(0);
    });
    REQUIRE(eventually([&] { return first.times_expired == 1; }));
    CHECK(third.times_expired == 0);
    team.there([&] {
        team.probes.erase(team.probes.begin());  // the oldest
        third.set_deadline(0);
    });
    CHECK(eventually([&] { return third.times_expired == 1; }));
}

TEST_CASE("the worker's ticks are half seconds unless a test says otherwise") {
    Worker worker;
    auto probe = std::make_unique<Probe>(worker);
    probe->set_deadline_at(1);
    const auto began = Clock::now();
    worker.start("test-worker");
    CHECK(eventually([&] { return probe->times_expired == 1; }));
    CHECK(Clock::now() - began >= 500ms);
    worker.post([&] {
        probe.reset();
        worker.drain();
    });
    worker.join();
}

// ---------------------------------------------------------------- the second look

TEST_CASE("a second look comes once, at the second sweep after it was asked for") {
    Team team;
    Probe& probe = team.add();
    Tick asked_at = 0;
    team.there([&] {
        asked_at = team.worker.now();
        probe.ask_second_look();
    });
    REQUIRE(eventually([&] { return probe.times_looked == 1; }));
    CHECK(probe.looked_at > asked_at);
    team.let_pass(5);
    CHECK(probe.times_looked == 1);
}

TEST_CASE("a second look that is not wanted any more does not come") {
    Team team;
    Probe& probe = team.add();
    team.there([&] {
        probe.ask_second_look();
        probe.forget_second_look();
    });
    team.let_pass(5);
    CHECK(probe.times_looked == 0);
}

TEST_CASE("a deadline does not take the second look along") {
    Team team;
    Probe& probe = team.add();
    team.there([&] {
        probe.ask_second_look();
        probe.set_deadline(0);
    });
    CHECK(eventually([&] { return probe.times_expired == 1 && probe.times_looked == 1; }));
}

// ---------------------------------------------------------------- the end

TEST_CASE("draining tells every connection once, and the loop ends when the last one is gone") {
    Team team;
    Probe& one = team.add();
    Probe& two = team.add();
    team.there([&] {
        CHECK_FALSE(team.worker.draining());
        team.worker.drain();
        CHECK(team.worker.draining());
    });
    CHECK(one.times_drained == 1);
    CHECK(two.times_drained == 1);
    CHECK(one.times_expired == 0);
    // Others may wait for it with a limit; it goes on sweeping meanwhile.
    team.worker.wait_until(Clock::now() + 30ms);
    team.there([&] { two.set_deadline(0); });
    CHECK(eventually([&] { return two.times_expired == 1; }));
    team.there([&] { team.probes.pop_back(); });
    team.worker.wait_until(Clock::now() + 30ms);
    team.there([] {});  // still there
    team.worker.post([&] { team.probes.clear(); });
    const auto limit = Clock::now() + tests::patience;
    team.worker.wait_until(limit);
    CHECK(Clock::now() < limit);
    team.worker.join();
}

TEST_CASE("a worker without connections ends as soon as it drains") {
    Team team;
    team.worker.post([&] { team.worker.drain(); });
    const auto limit = Clock::now() + tests::patience;
    team.worker.wait_until(limit);
    CHECK(Clock::now() < limit);
}

TEST_CASE("abandoning tells every connection that its time is over") {
    Team team;
    Probe& one = team.add();
    Probe& two = team.add();
    team.there([&] {
        CHECK_FALSE(team.worker.abandoned());
        one.set_deadline(86400);
        team.worker.abandon();
        CHECK(team.worker.abandoned());
    });
    CHECK(one.times_expired == 1);
    CHECK(two.times_expired == 1);
}

TEST_CASE("waiting for a worker's end ends at its limit where the worker goes on") {
    Team team;
    team.add();
    const auto limit = Clock::now() + 20ms;
    team.worker.wait_until(limit);
    CHECK(Clock::now() >= limit);
    team.there([] {});
}

// ---------------------------------------------------------------- the date

TEST_CASE("the date is an IMF-fixdate of now") {
    Team team;
    std::string date;
    const std::time_t before = std::time(nullptr);
    team.there([&] { date = team.worker.http_date(); });
    const std::time_t after = std::time(nullptr);
    std::tm parts{};
    REQUIRE(date.size() == 29);
    const char* const end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    REQUIRE(end != nullptr);
    CHECK(*end == '\0');
    const std::time_t said = ::timegm(&parts);
    CHECK(said >= before - 1);  // the coarse clock may lag behind the fine one
    CHECK(said <= after);
}

}  // namespace worker_test
