#include "server/system/notify.hpp"

#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <ctime>
#include <regex>

namespace notify_test {

using namespace gatehouse;
using gatehouse::tests::Environment;
using gatehouse::tests::NotifySocket;

namespace {

std::uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(now.tv_nsec) / 1'000U;
}

}  // namespace

TEST_CASE("systemd is told in its own words: ready, status, stopping and the watchdog") {
    const NotifySocket systemd;
    base::Log log;
    system::Notify notify(log);
    notify.ready("clean and admin serve");
    CHECK(systemd.receive() == "READY=1\nSTATUS=clean and admin serve");
    notify.status("draining");
    CHECK(systemd.receive() == "STATUS=draining");
    notify.stopping();
    CHECK(systemd.receive() == "STOPPING=1");
    notify.watchdog();
    CHECK(systemd.receive() == "WATCHDOG=1");
}

TEST_CASE("a reload is announced with the monotonic time of the call in microseconds") {
    const NotifySocket systemd;
    base::Log log;
    system::Notify notify(log);
    const std::uint64_t before = monotonic_microseconds();
    notify.reloading();
    const std::uint64_t after = monotonic_microseconds();
    const std::string message = systemd.receive();
    std::smatch match;
    REQUIRE(std::regex_match(message, match, std::regex("RELOADING=1\nMONOTONIC_USEC=([0-9]+)")));
    const std::uint64_t told = std::stoull(match[1]);
    CHECK(told >= before);
    CHECK(told <= after);
}

TEST_CASE("a status with line breaks, control characters or broken UTF-8 stays one line that systemd takes") {
    const NotifySocket systemd;
    base::Log log;
    system::Notify notify(log);
    notify.status("one\nSTOPPING=1\r\x1b[2Jtwo\xff");
    const std::string message = systemd.receive();
    CHECK(message.starts_with("STATUS=one"));
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.find('\r') == std::string::npos);
    CHECK(message.find('\x1b') == std::string::npos);
    CHECK(message.find('\xff') == std::string::npos);
    notify.status("größer");
    CHECK(systemd.receive() == "STATUS=größer");
}

TEST_CASE("without a socket nothing is sent and nothing is wrong") {
    const Environment none("NOTIFY_SOCKET", nullptr);
    const tests::CapturedErrors errors;
    base::Log log;
    system::Notify notify(log);
    notify.ready("ready");
    notify.stopping();
    CHECK(errors.text().empty());
}

TEST_CASE("a message that can't be sent is logged once") {
    const Environment nowhere("NOTIFY_SOCKET", "/nonexistent/gatehouse/notify");
    const tests::CapturedErrors errors;
    base::Log log;
    system::Notify notify(log);
    notify.ready("ready");
    notify.status("still here");
    const std::string text = errors.text();
    const auto first = text.find("system.notify");
    REQUIRE(first != std::string::npos);
    CHECK(text.find("system.notify", first + 1) == std::string::npos);
}

TEST_CASE("the watchdog's interval is what systemd asks of this process, and none for another one") {
    base::Log log;
    const system::Notify notify(log);
    const Environment interval("WATCHDOG_USEC", "30000000");
    {
        const Environment ours("WATCHDOG_PID", std::to_string(::getpid()).c_str());
        CHECK(notify.watchdog_interval() == std::chrono::seconds(30));
    }
    {
        const Environment others("WATCHDOG_PID", "1");
        CHECK_FALSE(notify.watchdog_interval());
    }
    const Environment no_pid("WATCHDOG_PID", nullptr);
    const Environment broken("WATCHDOG_USEC", "soon");
    const tests::CapturedErrors errors;
    CHECK_FALSE(notify.watchdog_interval());
    CHECK(errors.text().find("WATCHDOG_USEC") != std::string::npos);
}

}  // namespace notify_test
