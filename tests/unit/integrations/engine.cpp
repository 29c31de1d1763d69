#include "server/integrations/engine.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/integrations/engines.hpp"
#include "tests/unit/integrations/laboratory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <vector>

namespace engine_test {

using namespace gatehouse;
using namespace gatehouse::integrations;
using namespace gatehouse::integrations::testing;
using config::EngineProtocol;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace asio = boost::asio;

namespace {

constexpr std::string_view harmless = R"({"score":0})"
                                      "\n";

}  // namespace

// ---------------------------------------------------------------- our own protocol

TEST_CASE("an engine of ours is told about the sample, gets its very bytes, and its verdict is taken") {
    Taken seen;
    const ScriptedEngine ours([&](Visit& visit) {
        seen = take_sample(visit);
        visit.say(R"({"score":91,"behaviours":[{"name":"drops","severity":91,"confidence":40}],)"
                  R"("engine":{"name":"Sandbox","version":"7"}})"
                  "\n");
    });
    Laboratory laboratory(ours.settings());
    const std::string bytes = large(1'000'003);
    const auto judgement = laboratory.loop.await(laboratory.engine->judge(laboratory.put(bytes, "a\n\"\xFF.exe")));
    REQUIRE(judgement);
    CHECK(judgement->score == 91);
    CHECK(judgement->severity == 91);
    CHECK(judgement->engine == "Sandbox");
    CHECK(seen.bytes == bytes);
    const auto header = nlohmann::json::parse(seen.header);
    CHECK(header == nlohmann::json{{"gatehouse", 1},
                                   {"size", bytes.size()},
                                   {"seconds", 60},
                                   {"filename", "a\n\"\xEF\xBF\xBD.exe"},
                                   {"sha256", std::string(64, 'a')},
                                   {"sha1", std::string(40, 'b')},
                                   {"md5", std::string(32, 'c')}});
}

TEST_CASE("a verdict counts that comes before the sample was taken, and one whose line the close ends") {
    const ScriptedEngine quick([](Visit& visit) {
        visit.take_until('\n');
        visit.say(R"({"score":12})");
        visit.close();
    });
    Laboratory at_close(quick.settings());
    CHECK(at_close.judge(large(5'000'000))->score == 12);

    const ScriptedEngine impatient([](Visit& visit) {
        visit.take_until('\n');
        visit.say("{\"score\":13}\n");
        // It reads nothing more, and waits.
        while (visit.take(1).size() == 1) {
            std::this_thread::sleep_for(milliseconds(50));
        }
    });
    Laboratory without_reading(impatient.settings());
    CHECK(without_reading.judge(large(5'000'000))->score == 13);
}

TEST_CASE("an engine that does not keep to the protocol is a failed attempt that says how") {
    struct Misdeed {
        std::string name;
        std::string failure;
        ScriptedEngine::Play play;
    };
    const std::vector<Misdeed> misdeeds{
        {"closes at once", "failed engine_closed", [](Visit& visit) { visit.close(); }},
        {"closes behind the sample", "failed engine_closed", [](Visit& visit) { (void)take_sample(visit); }},
        {"closes in the middle", "failed engine_closed", [](Visit& visit) { visit.take(100'000); }},
        {"answers nonsense", "failed engine_garbled",
         [](Visit& visit) {
             (void)take_sample(visit);
             visit.say("HTTP/1.1 200 OK\n");
         }},
        {"answers half a verdict", "failed engine_garbled",
         [](Visit& visit) {
             (void)take_sample(visit);
             visit.say(R"({"score":1)");
         }},
        {"answers an empty line", "failed engine_garbled",
         [](Visit& visit) {
             (void)take_sample(visit);
             visit.say("\n");
         }},
        {"answers without end", "failed engine_garbled",
         [](Visit& visit) {
             (void)take_sample(visit);
             visit.say(std::string(8'000'000, 'x'));
         }},
        {"says that it cannot", "failed engine_error",
         [](Visit& visit) {
             (void)take_sample(visit);
             visit.say("{\"error\":\"no licence\"}\n");
         }},
    };
    for (const Misdeed& misdeed : misdeeds) {
        const ScriptedEngine engine(misdeed.play);
        Laboratory laboratory(engine.settings());
        INFO(misdeed.name);
        CHECK(laboratory.failure(large(1'000'000)) == misdeed.failure);
    }
}

TEST_CASE("an engine that never answers is given up when its time is over") {
    const ScriptedEngine silent([](Visit& visit) { visit.wait_for_end(); });
    auto settings = silent.settings();
    settings.seconds = 1;
    Laboratory laboratory(settings);
    const auto before = steady_clock::now();
    CHECK(laboratory.failure("x") == "failed engine_timeout");
    CHECK(steady_clock::now() - before >= milliseconds(900));
}

TEST_CASE("an engine that feeds its answer a byte at a time is given up when its time is over") {
    const ScriptedEngine slow([](Visit& visit) {
        (void)take_sample(visit);
        for (int i = 0; i < 150; ++i) {
            visit.say(" ");
            std::this_thread::sleep_for(milliseconds(10));
        }
    });
    auto settings = slow.settings();
    settings.seconds = 1;
    Laboratory laboratory(settings);
    CHECK(laboratory.failure("x") == "failed engine_timeout");
}

TEST_CASE("an engine that stops taking bytes is given up before the whole time is over") {
    const ScriptedEngine stuck([](Visit& visit) {
        visit.take(1000);
        while (visit.take(1).size() == 1) {
            std::this_thread::sleep_for(milliseconds(100));
        }
    });
    EnginePatience patience;
    patience.sending = milliseconds(300);
    Laboratory laboratory(stuck.settings(), patience);
    CHECK(laboratory.failure(large(8'000'000)) == "failed engine_stalled");
}

TEST_CASE("an engine that only looks away is told when nobody waits any more") {
    std::atomic<bool> noticed = false;
    const ScriptedEngine ours([&](Visit& visit) {
        (void)take_sample(visit);
        visit.wait_for_end();
        noticed = true;
    });
    auto settings = ours.settings();
    settings.seconds = 1;
    Laboratory laboratory(settings);
    CHECK(laboratory.failure("x") == "failed engine_timeout");
    laboratory.loop.run_until([&] { return noticed.load(); });
}

// ---------------------------------------------------------------- who is not there, and what is not asked

TEST_CASE("where nobody listens the engine is unavailable, and the sentence names the socket") {
    config::AnalysisSettings settings;
    tests::Folder folder;
    folder.write("file", "no socket");
    for (const auto protocol : {EngineProtocol::clamd, EngineProtocol::gatehouse}) {
        settings.protocol = protocol;
        for (const auto& path : {folder / "missing", folder / "file", folder.path()}) {
            settings.socket = path;
            Laboratory laboratory(settings);
            const Judgement judgement = laboratory.judge("x");
            CHECK(Laboratory::failure_of(judgement) == "unavailable engine_unreachable");
            CHECK_THAT(judgement.error().error.message, Catch::Contains(path.string()));
        }
    }
}

TEST_CASE("where too many connections wait already the engine is unavailable") {
    tests::Folder folder;
    const base::Descriptor listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder / "s").string();
    std::memcpy(address.sun_path, path.c_str(), path.size());
    REQUIRE(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening.get(), 0) == 0);
    const base::Descriptor first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(::connect(first.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    config::AnalysisSettings settings;
    settings.socket = path;
    settings.protocol = EngineProtocol::gatehouse;
    EnginePatience patience;
    patience.connecting = milliseconds(300);
    Laboratory laboratory(settings, patience);
    CHECK(laboratory.failure("x") == "unavailable engine_unreachable");
}

TEST_CASE("a clamd that accepts and says nothing is unavailable: it had no sample yet") {
    const ScriptedEngine silent([](Visit& visit) { visit.wait_for_end(); }, EngineProtocol::clamd);
    EnginePatience patience;
    patience.greeting = milliseconds(300);
    Laboratory laboratory(silent.settings(), patience);
    CHECK(laboratory.failure("x").starts_with("unavailable "));
}

TEST_CASE("a sample beyond the limit that is set is refused without asking anybody") {
    const ScriptedEngine ours([](Visit& visit) { visit.wait_for_end(); });
    auto settings = ours.settings();
    settings.sample_bytes = 10;
    Laboratory laboratory(settings);
    CHECK(laboratory.failure("eleven byte") == "refused sample_too_large");
    CHECK(ours.visits() == 0);
}

TEST_CASE("a sample's file that is missing, a link, a pipe or of another size is not sent") {
    const ScriptedEngine ours([](Visit& visit) {
        (void)take_sample(visit);
        visit.say(harmless);
    });
    Laboratory laboratory(ours.settings());
    Sample sample = laboratory.put("four");
    sample.size = 5;
    CHECK(Laboratory::failure_of(laboratory.loop.await(laboratory.engine->judge(sample))) ==
          "failed sample_unreadable");
    sample.size = 4;
    std::filesystem::create_symlink(sample.file, laboratory.store / "link");
    REQUIRE(::mkfifo((laboratory.store / "pipe").c_str(), 0600) == 0);
    for (const char* name : {"missing", "link", "pipe", ""}) {
        sample.file = laboratory.store / name;
        CHECK(Laboratory::failure_of(laboratory.loop.await(laboratory.engine->judge(sample))) ==
              "failed sample_unreadable");
    }
    CHECK(ours.visits() == 0);
}

// ---------------------------------------------------------------- the end

TEST_CASE("an engine that is stopped gives up what is under way, whatever it waits for, and begins nothing more") {
    std::atomic<int> reading = 0;
    const ScriptedEngine silent([&](Visit& visit) {
        if (visit.take_until('\n').empty()) return;
        ++reading;
        visit.wait_for_end();
    });
    Laboratory laboratory(silent.settings());
    std::vector<std::string> failures;
    for (const std::size_t size : {std::size_t{1}, std::size_t{5'000'000}}) {
        auto sample = laboratory.put(large(size));
        std::filesystem::rename(sample.file, laboratory.store / std::to_string(size));
        sample.file = laboratory.store / std::to_string(size);
        asio::co_spawn(laboratory.loop.io, laboratory.engine->judge(sample),
                       [&](const std::exception_ptr&, const Judgement& judgement) {
                           failures.push_back(Laboratory::failure_of(judgement));
                       });
    }
    laboratory.loop.run_until([&] { return reading == 2; });
    laboratory.engine->stop();
    laboratory.loop.run_until([&] { return failures.size() == 2; });
    CHECK(failures == std::vector<std::string>(2, "stopped stopping"));
    CHECK(laboratory.failure("x") == "stopped stopping");
    CHECK_FALSE(laboratory.loop.await(laboratory.engine->greet()));
}

TEST_CASE("a hundred samples one after the other leave no connection open") {
    const ScriptedEngine ours([](Visit& visit) {
        if (take_sample(visit).header.empty()) return;
        visit.say(harmless);
        visit.wait_for_end();
    });
    Laboratory laboratory(ours.settings());
    const auto count_open = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
    CHECK(laboratory.judge("x"));
    const auto before = count_open();
    for (int i = 0; i < 100; ++i)
        CHECK(laboratory.judge("x"));
    laboratory.loop.run_until([&] { return count_open() <= before; });
}

}  // namespace engine_test
