#include "server/integrations/analysis_queue.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/integrations/engines.hpp"
#include "tests/unit/integrations/waiting.hpp"
#include "tests/unit/net/loop.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace analysis_queue_test {

using namespace gatehouse;
using namespace gatehouse::integrations;
using namespace gatehouse::integrations::testing;
using net::testing::Loop;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

struct Shop {
    tests::Folder store;
    Loop loop;
    base::Log log{base::LogLevel::error};
    net::Pool pool{2, 100};
    Waiting waiting{store};
    AnalysisPace pace = quick();
    std::unique_ptr<AnalysisQueue> queue;

    static AnalysisPace quick() {
        AnalysisPace pace;
        pace.first_back_off = milliseconds(20);
        pace.longest_back_off = milliseconds(100);
        pace.record_again = milliseconds(20);
        return pace;
    }
    void open(const config::AnalysisSettings& settings) {
        queue = std::make_unique<AnalysisQueue>(loop.io.get_executor(), log, pool, waiting.work(), pace);
        queue->configure(settings);
    }
    void stop() {
        bool stopped = false;
        queue->stop([&] { stopped = true; });
        loop.run_until([&] { return stopped; });
    }
};

// An engine that judges by what it is sent: a number is the score, "fail" an error; "hold" waits until it is let go.
class Judge {
public:
    Judge() : engine_([this](Visit& visit) { play(visit); }) {}
    [[nodiscard]] config::AnalysisSettings settings() const { return engine_.settings(); }
    [[nodiscard]] std::size_t visits() const { return engine_.visits(); }
    std::atomic<bool> released = false;
    std::atomic<int> held = 0;

private:
    void play(Visit& visit) {
        const Taken taken = take_sample(visit);
        if (taken.header.empty()) return;
        if (taken.bytes == "fail") return visit.say("{\"error\":\"it broke\"}\n");
        if (taken.bytes == "refuse") return visit.say("{\"error\":\"not this\",\"kind\":\"refused\"}\n");
        if (taken.bytes == "later") return visit.say("{\"error\":\"not now\",\"kind\":\"unavailable\"}\n");
        if (taken.bytes == "hold") {
            ++held;
            const auto deadline = steady_clock::now() + std::chrono::seconds(10);
            while (!released && steady_clock::now() < deadline)
                std::this_thread::sleep_for(milliseconds(5));
            return visit.say("{\"score\":1}\n");
        }
        visit.say("{\"score\":" + taken.bytes + "}\n");
    }

    ScriptedEngine engine_;
};

}  // namespace

TEST_CASE("what waits is judged, and what is submitted later too") {
    const Judge judge;
    Shop shop;
    shop.waiting.submit("one", "10");
    shop.waiting.submit("two", "20");
    shop.waiting.submit("three", "30");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 3; });
    CHECK(shop.waiting.judged["one"].score == 10);
    CHECK(shop.waiting.judged["three"].score == 30);
    shop.loop.run_until([&] { return shop.queue->state().under_way == 0; });
    shop.waiting.submit("four", "40");
    std::thread([&] { shop.queue->wake(); }).join();  // from any thread
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 4; });
    CHECK(shop.queue->state().configured);
    CHECK(shop.queue->state().reachable);
    CHECK(shop.queue->state().message.empty());
    shop.stop();
}

TEST_CASE("what waits is found after a while even where nothing wakes the queue") {
    const Judge judge;
    Shop shop;
    shop.pace.look_every = milliseconds(30);
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.takes > 0; });
    shop.waiting.submit("one", "10");
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 1; });
    shop.stop();
}

TEST_CASE("no more samples than the settings say are under way at a time, and so many are") {
    Judge judge;
    Shop shop;
    for (int i = 0; i < 8; ++i)
        shop.waiting.submit(std::to_string(i), "hold");
    auto settings = judge.settings();
    settings.at_once = 3;
    shop.open(settings);
    shop.loop.run_until([&] { return judge.held == 3; });
    CHECK(shop.queue->state().under_way == 3);
    for (int i = 0; i < 20; ++i)
        shop.loop.io.run_one_for(milliseconds(5));
    CHECK(judge.held == 3);
    judge.released = true;
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 8; });
    CHECK(shop.waiting.most_under_way == 3);
    shop.stop();
}

TEST_CASE("a sample without a verdict is tried again after longer and longer, and not for ever") {
    const Judge judge;
    Shop shop;
    shop.waiting.submit("bad", "fail");
    shop.waiting.submit("good", "50");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.failed.size() == 3; });
    using Failed = std::pair<std::string, std::optional<std::chrono::seconds>>;
    CHECK(shop.waiting.failed == std::vector<Failed>{{"engine_error", std::chrono::seconds(30)},
                                                     {"engine_error", std::chrono::seconds(120)},
                                                     {"engine_error", std::nullopt}});
    shop.loop.run_until([&] { return shop.waiting.judged.count("good") == 1; });
    CHECK(shop.waiting.under_way.empty());
    CHECK(shop.waiting.put_back == 0);
    shop.stop();
}

TEST_CASE("what an engine refuses is not tried again") {
    const Judge judge;
    Shop shop;
    shop.waiting.submit("odd", "refuse");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return !shop.waiting.failed.empty(); });
    CHECK(shop.waiting.failed.front().first == "engine_refused");
    CHECK_FALSE(shop.waiting.failed.front().second);
    shop.stop();
}

TEST_CASE("without an engine samples wait, and the state says why") {
    Shop shop;
    shop.waiting.submit("one", "10");
    shop.open({});
    CHECK_FALSE(shop.queue->state().configured);
    CHECK_THAT(shop.queue->state().message, Catch::Contains("No analysis engine is configured"));
    shop.queue->wake();
    for (int i = 0; i < 5; ++i)
        shop.loop.io.run_one_for(milliseconds(5));
    CHECK(shop.waiting.takes == 0);
    shop.stop();
}

TEST_CASE("while the engine is away nothing is taken, the state says so, and all goes on once it is back") {
    auto judge = std::make_unique<ScriptedEngine>([](Visit&) {});
    const auto settings = judge->settings();
    judge.reset();  // its socket went with its folder
    Shop shop;
    shop.waiting.submit("one", "x");
    shop.open(settings);
    shop.loop.run_until([&] {
        return !shop.queue->state().message.empty() && shop.queue->state().message.find("reached") != std::string::npos;
    });
    CHECK_FALSE(shop.queue->state().reachable);
    CHECK_THAT(shop.queue->state().message, Catch::Contains(settings.socket.string()));
    const auto until = steady_clock::now() + milliseconds(300);
    shop.loop.run_until([&] { return steady_clock::now() > until; });
    CHECK(shop.waiting.takes == 0);
    CHECK(shop.waiting.put_back == 0);

    const Judge back;  // elsewhere, but found at the old place
    std::filesystem::create_directories(settings.socket.parent_path());
    std::filesystem::create_symlink(back.settings().socket, settings.socket);
    shop.waiting.waiting.front().sample.size = 1;
    shop.waiting.waiting.clear();
    shop.waiting.submit("two", "22");
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 1; });
    CHECK(shop.queue->state().reachable);
    shop.stop();
    std::filesystem::remove_all(settings.socket.parent_path());
}

TEST_CASE("a sample that is under way when a clamd goes away costs no attempt once the clamd is back") {
    Clamd clamd;
    Shop shop;
    shop.open(clamd.settings());
    shop.loop.run_until([&] { return shop.queue->state().reachable; });
    CHECK(shop.queue->state().engine.name == "ClamAV");
    clamd.stop();
    shop.waiting.submit("bad", Clamd::malware());
    shop.queue->wake();
    shop.loop.run_until([&] { return !shop.queue->state().reachable; });
    CHECK(shop.waiting.judged.empty());
    clamd.start();
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 1; });
    CHECK(shop.waiting.judged["bad"].score >= 95);
    CHECK(shop.waiting.failed.empty());
    shop.stop();
}

TEST_CASE("an engine that takes nothing now is left alone for longer and longer, and no attempt is lost") {
    const Judge judge;
    Shop shop;
    shop.pace.longest_back_off = milliseconds(200);
    shop.waiting.submit("one", "later");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.put_back == 4; });
    const auto before = steady_clock::now();
    shop.loop.run_until([&] { return shop.waiting.put_back == 6; });
    CHECK(steady_clock::now() - before >= milliseconds(300));
    CHECK(shop.waiting.failed.empty());
    CHECK_THAT(shop.queue->state().message, Catch::Contains("not now"));
    shop.stop();
}

TEST_CASE("one that an engine never takes holds up no other") {
    const Judge judge;
    Shop shop;
    shop.waiting.submit("never", "later");
    for (int i = 0; i < 3; ++i)
        shop.waiting.submit(std::to_string(i), "10");
    auto settings = judge.settings();
    settings.at_once = 1;
    shop.open(settings);
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 3; });
    CHECK(shop.waiting.put_back >= 1);
    CHECK(shop.waiting.failed.empty());
    shop.stop();
}

TEST_CASE("while its verdict is awaited it is known that the engine has all of a sample") {
    Judge judge;
    Shop shop;
    shop.waiting.submit("one", "hold");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.sent == std::vector<std::string>{"one"}; });
    CHECK(shop.waiting.judged.empty());
    judge.released = true;
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 1; });
    shop.stop();
}

TEST_CASE("one that had to pause is looked for when its pause is over, not only now and then") {
    const Judge judge;
    Shop shop;
    shop.pace.look_every = std::chrono::minutes(10);
    shop.pace.again_in = std::chrono::seconds(1);
    shop.waiting.submit("bad", "fail");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.failed.size() == 1; });
    shop.waiting.hidden = true;
    const std::size_t takes = shop.waiting.takes;
    shop.loop.run_until([&] { return shop.waiting.takes >= takes + 2; });
    shop.stop();
}

TEST_CASE("other settings hold for the next sample, while what is under way ends with those it began with") {
    Judge former;
    const Judge next;
    Shop shop;
    shop.waiting.submit("held", "hold");
    shop.open(former.settings());
    shop.loop.run_until([&] { return former.held == 1; });
    shop.queue->configure(next.settings());
    shop.waiting.submit("new", "77");
    shop.queue->wake();
    shop.loop.run_until([&] { return shop.waiting.judged.count("new") == 1; });
    former.released = true;
    shop.loop.run_until([&] { return shop.waiting.judged.count("held") == 1; });
    const std::size_t visits = next.visits();
    shop.queue->configure(next.settings());  // the same ones change nothing
    CHECK(shop.queue->state().reachable);
    CHECK(next.visits() == visits);
    shop.queue->configure({});
    CHECK_FALSE(shop.queue->state().configured);
    shop.stop();
}

TEST_CASE("an engine that is configured while there was none judges what waits") {
    const Judge judge;
    Shop shop;
    shop.waiting.submit("one", "10");
    shop.open({});
    shop.loop.io.run_one_for(milliseconds(5));
    shop.queue->configure(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 1; });
    shop.stop();
}

TEST_CASE("at the end what is under way is put back, and nothing is begun any more") {
    Judge judge;
    Shop shop;
    for (int i = 0; i < 4; ++i)
        shop.waiting.submit(std::to_string(i), "hold");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return judge.held == 2; });
    shop.stop();
    CHECK(shop.waiting.put_back == 2);
    CHECK(shop.waiting.under_way.empty());
    CHECK(shop.waiting.waiting.size() == 4);
    judge.released = true;
    const std::size_t takes = shop.waiting.takes;
    shop.queue->wake();
    shop.loop.io.restart();
    shop.loop.io.run_for(milliseconds(50));
    CHECK(shop.waiting.takes == takes);
    CHECK(shop.waiting.judged.empty());
}

TEST_CASE("a queue that never began, or has nothing to do, ends at once") {
    Shop shop;
    shop.queue = std::make_unique<AnalysisQueue>(shop.loop.io.get_executor(), shop.log, shop.pool, shop.waiting.work());
    shop.stop();
    Shop idle;
    idle.open({});
    idle.stop();
}

TEST_CASE("a queue that is destroyed with work under way leaves the loop clean") {
    Judge judge;
    Shop shop;
    shop.waiting.submit("one", "hold");
    shop.open(judge.settings());
    shop.loop.run_until([&] { return judge.held == 1; });
    shop.queue.reset();
    shop.loop.io.restart();
    shop.loop.io.run_for(std::chrono::seconds(5));
    CHECK(shop.loop.io.stopped());  // nothing waits any more
    CHECK(shop.waiting.put_back == 0);
    judge.released = true;
}

TEST_CASE("an outcome that cannot be recorded is recorded later, once") {
    const Judge judge;
    Shop shop;
    shop.waiting.submit("one", "10");
    shop.waiting.refuse = 3;
    shop.open(judge.settings());
    shop.loop.run_until([&] { return shop.waiting.judged.size() == 1; });
    CHECK(shop.waiting.refuse == 0);
    CHECK(shop.waiting.under_way.empty());
    shop.waiting.submit("two", "20");
    shop.waiting.refuse = 1'000'000;
    shop.queue->wake();
    shop.loop.run_until([&] { return shop.waiting.refuse < 999'998; });
    shop.stop();  // not kept from ending by it
    CHECK(shop.waiting.judged.size() == 1);
}

}  // namespace analysis_queue_test
