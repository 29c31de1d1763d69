// packaging/gatehouse-analysis at the other end of the engine's client, started for each connection as systemd does.
#include "server/integrations/engine.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/net/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace analysis_program_test {

using namespace gatehouse;
using namespace gatehouse::integrations;
using net::testing::Loop;
using net::testing::Process;

namespace {

// The script, with a shell's command as its program, behind a socket.
struct Service {
    tests::Folder folder;
    Loop loop;
    net::Pool pool{2, 100};
    std::unique_ptr<Process> process;
    std::shared_ptr<Engine> engine;

    Service(const std::string& verdict, const std::string& command) {
        const std::filesystem::path socket = folder / "socket";
        const std::vector<std::string> activated{"/usr/bin/systemd-socket-activate",
                                                 "--listen=" + socket.string(),
                                                 "--accept",
                                                 "--inetd",
                                                 "--setenv=TMPDIR=" + folder.path().string(),
                                                 "/usr/bin/python3",
                                                 GATEHOUSE_PACKAGING "/gatehouse-analysis",
                                                 "--verdict",
                                                 verdict,
                                                 "--",
                                                 "/bin/sh",
                                                 "-c",
                                                 command,
                                                 "program"};
        process = std::make_unique<Process>(activated, "systemd", folder / "log");
        config::AnalysisSettings settings;
        settings.socket = socket;
        settings.protocol = config::EngineProtocol::gatehouse;
        settings.seconds = 60;
        engine = Engine::make(loop.io.get_executor(), pool, settings);
        REQUIRE(process->wait_until([&] { return loop.await(engine->greet()).has_value(); }));
    }
    Judgement judge(const std::string& bytes) {
        folder.write("stored", bytes);
        const Sample sample{"id", folder / "stored", bytes.size(), std::string(64, 'a'), {}, {}, "invoice.exe"};
        return loop.await(engine->judge(sample));
    }
};

}  // namespace

TEST_CASE("a program behind the script that is shipped judges samples by its exit code") {
    Service service("exit", "if grep -q evil \"$1\"; then echo 'evil in it'; exit 1; fi");
    const Judgement bad = service.judge("something evil");
    INFO((bad ? "" : bad.error().error.text()) << service.process->output());
    REQUIRE(bad);
    CHECK(bad->score >= 90);
    REQUIRE(bad->behaviours.size() == 1);
    CHECK(bad->behaviours[0].detail == "evil in it");
    const Judgement good = service.judge(std::string(3'000'000, 'x'));
    REQUIRE(good);
    CHECK(good->score == 0);
}

TEST_CASE("a program behind the script that is shipped may print the verdict, and its failure is an attempt") {
    Service service("json", "[ \"$(wc -c < \"$1\")\" -eq 5 ] && echo '{\"score\": 42}'");
    const Judgement judged = service.judge("12345");
    INFO((judged ? "" : judged.error().error.text()) << service.process->output());
    REQUIRE(judged);
    CHECK(judged->score == 42);
    const Judgement failed = service.judge("1234567");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == NoVerdict::Kind::failed);
    CHECK_THAT(failed.error().error.message, Catch::Contains("ended with 1"));
}

}  // namespace analysis_program_test
